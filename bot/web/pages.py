"""Pages, sign-in, pictures and the WebSockets of the web chat."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Cookie, Form, HTTPException, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, RedirectResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.channels.webchat.hub import TRY_AGAIN
from bot.channels.webchat.pace import Pace
from bot.channels.webchat.talk import Door, Talk, came_from, receive
from bot.picture_links import PATH as PICTURES
from bot.picture_links import PictureLinks
from bot.reception.files import must_learn, take_file
from bot.web.sessions import COOKIE, MAX_AGE, Known, Sessions, same_origin
from crm_core.api import Core
from crm_core.chat.messages import AddVisitor, Image, ImageView, KeepImage
from crm_core.kernel.access import Actor
from crm_core.kernel.errors import ChexinError, Invalid, NotFound, Unavailable
from crm_core.privacy.lists import KEPT_AS, MIME

STATIC = Path(__file__).parent.parent / "channels" / "webchat" / "static"
SIGNED_OUT, BAD_ORIGIN = 4401, 4403
# Whoever connects says who he is at once.
HELLO_SECONDS = 20.0
# New visitors from one address: a showroom's guests share one, a flood is stopped.
VISITORS_AT_ONCE, VISITORS_PER_SECOND = 30, 0.5
Session = Annotated[str | None, Cookie(alias=COOKIE)]


class Front:
    """The web chat's HTTP face."""

    def __init__(self, core: Core, sessions: Sessions, door: Door, *, public_url: str, secure: bool) -> None:
        self._core = core
        self._sessions = sessions
        self._door = door
        self.public_url = public_url
        self._secure = secure
        self._links = PictureLinks(core, public_url)
        self._new_visitors = Pace(VISITORS_AT_ONCE, VISITORS_PER_SECOND)

    def actor(self, cookie: str | None) -> Actor | None:
        """Whoever the cookie belongs to, if he may still come in."""
        known = self._sessions.person(cookie)
        return self._load(known) if known else None

    def _load(self, known: Known) -> Actor | None:
        try:
            return self._core.actor(known.person_id, known.tenant)
        except NotFound:
            return None

    # Signing in

    def sign_in(self, token: str) -> Response:
        """Use a token up and set the session's cookie; a spent one leads back to the sign-in page."""
        redeemed = self._core.invites.redeem(token, "web", self._core.now()) if len(token) < 200 else None
        if redeemed is None:
            return RedirectResponse("/sign-in?reason=expired", 303)
        return self._with_cookie(RedirectResponse("/", 303), self._sessions.for_person(*redeemed))

    def home(self, cookie: str | None) -> Response:
        """The chat for whoever is signed in. While the secret key is changed, his session moves to the new one."""
        if self.actor(cookie) is None:
            return page("signin.html")
        renewed = self._sessions.renewed(cookie)
        return page("index.html") if renewed is None else self._with_cookie(page("index.html"), renewed)

    def _with_cookie(self, response: Response, value: str) -> Response:
        response.set_cookie(COOKIE, value, max_age=MAX_AGE, httponly=True, samesite="lax", secure=self._secure, path="/")
        return response

    def reusable(self, token: str) -> bool | None:
        return self._core.invites.peek(token, "web", self._core.now()) if len(token) < 200 else None

    def sign_out(self, cookie: str | None) -> Response:
        """End the session everywhere, also in a copy of its cookie."""
        known = self._sessions.person(cookie)
        if known is not None:
            self._sessions.end(known.session)
            self._door.hub.sign_out(known.session)
        response = RedirectResponse("/sign-in?reason=out", 303)
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax", secure=self._secure)
        return response

    # Pictures

    def keep(self, actor: Actor, mime: str, content: bytes) -> str:
        return self._core.execute(KeepImage(mime=mime, content=content), actor).id

    def learn(self, actor: Actor, name: str, content: bytes | None) -> dict[str, str]:
        """The draft a document has become, or why it has not; without content only whether he may send one."""
        try:
            if content is not None:
                return {"id": take_file(self._core, actor, content, name)}
            must_learn(self._core, actor)
        except Unavailable:
            raise
        except ChexinError as error:
            return {"text": self._door.say(error.key, actor.language, **error.params)}
        return {}

    def picture(self, actor: Actor, image_id: str) -> Response:
        return self._shown(self._core.ask(Image(image_id=image_id[:26]), actor))

    def linked_picture(self, token: str) -> Response:
        """One that a platform fetches. Raises NotFound."""
        response = self._shown(self._links.picture(token))
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    def _shown(self, found: ImageView) -> Response:
        headers = {"Cache-Control": "private, max-age=86400", "Content-Disposition": "inline"}
        if found.mime != KEPT_AS:
            return Response(found.content, media_type=found.mime, headers=headers)
        headers = {"Cache-Control": "no-store", "Content-Disposition": 'attachment; filename="customers.xlsx"'}
        return Response(found.content, media_type=MIME, headers=headers)

    # WebSockets

    async def serve_person(self, socket: WebSocket) -> None:
        """A signed-in person's page."""
        await socket.accept()
        if not same_origin(socket.headers, self.public_url, needed=True):
            await socket.close(BAD_ORIGIN)
            return
        cookie = socket.cookies.get(COOKIE)
        known = await run_in_threadpool(self._sessions.person, cookie)
        actor = await run_in_threadpool(self._load, known) if known else None
        if known is None or actor is None:
            await socket.close(SIGNED_OUT)
            return
        hello = await _hello(socket)
        if hello is not None:
            talk = Talk(self._door, socket, actor, session=known.session, still=lambda: self.actor(cookie) is not None)
            await talk.run(hello)

    async def serve_visitor(self, socket: WebSocket) -> None:
        """A visitor's frame: no cookie; known by the token in its first frame, else new."""
        await socket.accept()
        if not same_origin(socket.headers, self.public_url, needed=True):
            await socket.close(BAD_ORIGIN)
            return
        hello = await _hello(socket)
        if hello is None:
            return
        known = self._sessions.visitor(hello.get("token"))
        if known is None and not self._new_visitors.allow(socket.client.host if socket.client else ""):
            await socket.close(TRY_AGAIN)
            return
        actor = await run_in_threadpool(self._visitor, known, hello)
        token = self._sessions.for_visitor(actor.tenant, actor.id)
        extra = {"token": token, "people": None, "demo": False, "role": "visitor"}
        await Talk(self._door, socket, actor).run(hello, extra)

    def _visitor(self, known: Known | None, hello: dict[str, Any]) -> Actor:
        actor = self._load(known) if known else None
        if actor is not None and actor.kind == "visitor":
            return actor
        tenant = self._core.tenants()[0]
        command = AddVisitor(unit=f"{tenant}.", language="en" if hello.get("lang") == "en" else "zh",
                             referrer=came_from(hello).get("page", ""))  # fmt: skip
        return self._core.actor(self._core.execute(command, self._core.system(tenant)).id, tenant)


async def _hello(socket: WebSocket) -> dict[str, Any] | None:
    """The first frame, or None when the page left, kept silent or said something else."""
    try:
        async with asyncio.timeout(HELLO_SECONDS):
            frame = await receive(socket)
    except WebSocketDisconnect:
        return None
    except TimeoutError:
        await socket.close(TRY_AGAIN)
        return None
    if frame is None or frame.get("t") != "hello":
        await socket.close(1002)
        return None
    return frame


def page(name: str) -> FileResponse:
    return FileResponse(STATIC / name, headers={"Cache-Control": "no-cache"})


def router(front: Front) -> APIRouter:
    """The web chat's routes."""
    routes = APIRouter(include_in_schema=False)
    _sign_in_routes(routes, front)
    _page_routes(routes, front)
    routes.add_api_websocket_route("/ws", front.serve_person)
    routes.add_api_websocket_route("/widget/ws", front.serve_visitor)
    return routes


def _sign_in_routes(routes: APIRouter, front: Front) -> None:
    @routes.get("/sign-in")
    async def sign_in_page(token: str = "") -> Response:
        if not token:
            return page("signin.html")
        reusable = await run_in_threadpool(front.reusable, token)
        if reusable is None:
            return RedirectResponse("/sign-in?reason=expired", 303)
        # A messenger that draws a preview of the link must not use it up.
        return await run_in_threadpool(front.sign_in, token) if reusable else page("signin.html")

    @routes.post("/sign-in")
    async def sign_in(request: Request, token: Annotated[str, Form(max_length=200)]) -> Response:
        if not same_origin(request.headers, front.public_url, needed=False):
            raise HTTPException(403)
        return await run_in_threadpool(front.sign_in, token)

    @routes.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        if not same_origin(request.headers, front.public_url, needed=False):
            raise HTTPException(403)
        return await run_in_threadpool(front.sign_out, request.cookies.get(COOKIE))


def _page_routes(routes: APIRouter, front: Front) -> None:
    @routes.get("/")
    async def home(session: Session = None) -> Response:
        return await run_in_threadpool(front.home, session)

    @routes.get("/widget")
    async def widget() -> Response:
        return page("widget.html")

    @routes.get("/widget.js")
    async def loader() -> Response:
        response = page("widget.js")
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response

    @routes.post("/media", status_code=201)
    async def upload(request: Request, session: Session = None) -> dict[str, str]:
        if not same_origin(request.headers, front.public_url, needed=False):
            raise HTTPException(403)
        actor = await run_in_threadpool(front.actor, session)
        if actor is None:
            raise HTTPException(401)
        mime = request.headers.get("content-type", "").split(";")[0].strip().lower()
        try:
            return {"id": await run_in_threadpool(front.keep, actor, mime, await request.body())}
        except Invalid as error:
            raise HTTPException(415) from error

    @routes.post("/files", status_code=201)
    async def document(
        request: Request, response: Response, name: Annotated[str, Query(max_length=300)], session: Session = None
    ) -> dict[str, str]:
        """A document for the knowledge base: the id of its draft, or 422 with words for whoever sent it."""
        if not same_origin(request.headers, front.public_url, needed=False):
            raise HTTPException(403)
        actor = await run_in_threadpool(front.actor, session)
        if actor is None:
            raise HTTPException(401)
        told = await run_in_threadpool(front.learn, actor, name, None)
        told = told or await run_in_threadpool(front.learn, actor, name, await request.body())
        if "id" not in told:
            response.status_code = 422
        return told

    @routes.get("/media/{image_id}")
    async def media(image_id: str, session: Session = None) -> Response:
        actor = await run_in_threadpool(front.actor, session)
        if actor is None:
            raise HTTPException(401)
        try:
            return await run_in_threadpool(front.picture, actor, image_id)
        except ChexinError as error:
            raise HTTPException(404) from error

    @routes.get(PICTURES + "/{token}")
    async def linked(token: str) -> Response:
        try:
            return await run_in_threadpool(front.linked_picture, token)
        except NotFound as error:
            raise HTTPException(404) from error

"""The web application: routes, headers, health and metrics around one house."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles

from bot.web import leads, pages
from bot.web.headers import Guard
from bot.web.pages import STATIC, Front
from crm_core.kernel.errors import Unavailable

if TYPE_CHECKING:
    from bot.house import House

DESCRIPTION = "Bring leads in. Everything else happens in chat."


def make_app(house: House) -> FastAPI:
    """The application over an open house; its start and end are the house's."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        house.start(asyncio.get_running_loop())
        yield
        await house.stop()

    app = FastAPI(title="Chexin", version=house.version, description=DESCRIPTION, lifespan=lifespan,
                  docs_url=None, redoc_url=None, openapi_url="/api/openapi.json")  # fmt: skip
    if house.serves_web:
        app.include_router(leads.router(house.intake, house.lead_taken))
        app.include_router(pages.router(_front(house)))
        for router in house.lines.hearing.routers:
            app.include_router(router)
        app.mount("/static", StaticFiles(directory=STATIC), name="static")
        _docs(app)
    _health(app, house)
    app.add_exception_handler(Unavailable, _busy)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_middleware(Guard, widget_origins=house.settings.widget_origins, observe=house.metrics.observe,
                       public_url=house.settings.public_url)  # fmt: skip
    return app


def _front(house: House) -> Front:
    return Front(house.core, house.sessions, house.door, public_url=house.settings.public_url,
                 secure=house.settings.public_url.startswith("https://"))  # fmt: skip


def _docs(app: FastAPI) -> None:
    """The API's documentation, with its assets served from here."""
    from swagger_ui_bundle import swagger_ui_path

    app.mount("/api/docs/assets", StaticFiles(directory=swagger_ui_path), name="docs-assets")
    start = (
        "window.onload=()=>{window.ui=SwaggerUIBundle({url:'/api/openapi.json',dom_id:'#swagger-ui',"
        "deepLinking:true,validatorUrl:null})}"
    )
    html = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Chexin API</title>'
        '<link rel="stylesheet" href="/api/docs/assets/swagger-ui.css"><div id="swagger-ui"></div>'
        '<script src="/api/docs/assets/swagger-ui-bundle.js"></script><script src="/api/docs/start.js"></script></html>'
    )

    @app.get("/api/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(html)

    @app.get("/api/docs/start.js", include_in_schema=False)
    async def docs_start() -> Response:
        return Response(start, media_type="text/javascript")


def _health(app: FastAPI, house: House) -> None:
    @app.get("/health", tags=["operation"])
    async def health() -> JSONResponse:
        """200 when this process is able to work; 503 with what is wrong otherwise."""
        found = await run_in_threadpool(house.health)
        return JSONResponse(found, status_code=200 if found["status"] == "ok" else 503)

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        text = await run_in_threadpool(house.metrics_text)
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


async def _busy(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": "The database is busy. Nothing was changed; try again."}, 503,
                        headers={"Retry-After": "1"})  # fmt: skip


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    """Which field is wrong and why, without repeating what was sent."""
    assert isinstance(error, RequestValidationError)
    found = [{"type": e["type"], "loc": list(e["loc"]), "msg": e["msg"]} for e in error.errors()]
    return JSONResponse({"detail": found}, 422)

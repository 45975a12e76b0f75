"""Chroma as a rebuildable vector index: explicit vectors, cosine space, and no query without a scope."""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from retrieval.lock import LOCK_FILE
from retrieval.models import Matrix
from retrieval.store import Audience, Scope
from retrieval.vectors import Face, NumpyVectors

Place = tuple[Audience, str]  # audience and unit

log = logging.getLogger(__name__)

_BATCH = 1000
_SEARCH_EF = 256  # breadth of the graph search: recall over speed, still about 2 ms


def open_client(directory: Path | None = None, url: str | None = None) -> Any:
    """A Chroma client: a server by `url`, else embedded in `directory`. Telemetry is off."""
    import chromadb
    from chromadb.config import Settings

    settings = Settings(anonymized_telemetry=False)
    if url:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"CHROMA_URL={url!r} is not an http(s) address such as http://localhost:8000")
        secure = parts.scheme == "https"
        port = parts.port or (443 if secure else 8000)
        return chromadb.HttpClient(host=parts.hostname, port=port, ssl=secure, settings=settings)
    if directory is None:
        raise ValueError("embedded Chroma needs a directory")
    directory.mkdir(parents=True, exist_ok=True)
    return chromadb.PersistentClient(path=str(directory), settings=settings)


class ChromaHome:
    """Chroma in a directory or behind an address, opened when it is first needed."""

    def __init__(self, directory: Path | None, url: str | None) -> None:
        self._directory, self._url = directory, url
        self._client: Any = None

    def index(self, tenant: str, faces: Sequence[Face], matrix: Matrix, generation: str) -> ChromaVectors:
        """A generation, written whole or found whole. A directory that cannot be used is begun anew.

        What Chroma raises then comes from three libraries, so anything counts.
        """
        try:
            return self._built(tenant, faces, matrix, generation)
        except Exception as error:
            if self._url or self._directory is None:
                raise
            log.warning("the search index is damaged and is built anew: %s", error)
            self._begin_anew(self._directory)
            return self._built(tenant, faces, matrix, generation)

    def _built(self, tenant: str, faces: Sequence[Face], matrix: Matrix, generation: str) -> ChromaVectors:
        if self._client is None:
            self._client = open_client(self._directory, self._url)
        made = ChromaVectors(self._client, tenant, generation)
        made.build(faces, matrix)
        return made

    def _begin_anew(self, directory: Path) -> None:
        """Empty the directory, all but the owner's lock."""
        from chromadb.api.shared_system_client import SharedSystemClient

        self._client = None
        SharedSystemClient.clear_system_cache()  # it would hand out the broken client again
        for entry in directory.iterdir():
            if entry.name == LOCK_FILE:
                continue
            if entry.is_dir():
                shutil.rmtree(entry)
            else:
                entry.unlink()

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


class ChromaVectors:
    """A generation of one tenant's vectors: a collection for each audience and unit.

    Which collections are asked is the scope, so nothing is filtered: a filter over 10,000 pieces costs more
    than all else. Generations are named by their content; a new one is written beside the old, which keeps
    serving.
    """

    def __init__(self, client: Any, tenant: str, generation: str) -> None:
        self._client = client
        self._tenant = tenant
        self._head = f"kb-{_digest(tenant)}-"
        self._generation = generation[:16]
        self._open: dict[Place, Any] = {}
        self._exact = NumpyVectors([], np.empty((0, 0), np.float32))

    def _name(self, place: Place) -> str:
        audience, unit = place
        return f"{self._head}{audience}-{_digest(unit)}-{self._generation}"

    def build(self, faces: Sequence[Face], matrix: Matrix) -> None:
        """Write this generation unless it is already there whole."""
        self._exact = NumpyVectors(faces, matrix)
        places: dict[Place, list[int]] = {}
        for number, face in enumerate(faces):
            places.setdefault((face.row.audience, face.row.unit), []).append(number)
        for place, at in places.items():
            collection = self._collection(place)
            if collection.count() != len(at):
                self._client.delete_collection(self._name(place))
                collection = self._collection(place)
                for start in range(0, len(at), _BATCH):
                    part = at[start : start + _BATCH]
                    self._add(collection, [faces[i] for i in part], matrix[part])
            self._open[place] = collection

    def _collection(self, place: Place) -> Any:
        return self._client.get_or_create_collection(
            self._name(place),
            embedding_function=None,  # without this, Chroma downloads a model of its own
            configuration={"hnsw": {"space": "cosine", "ef_search": _SEARCH_EF, "ef_construction": 200}},
        )

    @staticmethod
    def _add(collection: Any, faces: Sequence[Face], rows: Matrix) -> None:
        collection.add(
            ids=[face.key for face in faces],
            embeddings=rows,
            metadatas=[{"tenant": face.row.tenant, "unit": face.row.unit} for face in faces],
        )

    def drop_others(self, kept_too: ChromaVectors | None = None) -> None:
        """Delete this tenant's other generations, except the one a search may still be reading."""
        kept = {each._name(place) for each in (self, kept_too) if each is not None for place in each._open}
        for collection in self._client.list_collections():
            name = collection if isinstance(collection, str) else collection.name
            if name.startswith(self._head) and name not in kept:
                self._client.delete_collection(name)

    def nearest(self, vector: Matrix, scope: Scope, count: int) -> dict[str, float]:
        """By the graph; when that fails (a server gone, a file damaged), by comparing with every vector."""
        visible = self._visible(scope)
        try:
            return self._nearest(visible, vector, count)
        except Exception as error:
            log.warning("the search index does not answer, comparing every vector: %s", error)
            return self._exact.nearest(vector, scope, count)

    @staticmethod
    def _nearest(visible: Iterable[Any], vector: Matrix, count: int) -> dict[str, float]:
        found: dict[str, float] = {}
        for collection in visible:
            total = min(count, collection.count())
            if total < 1:
                continue
            answer = collection.query(query_embeddings=[vector], n_results=total, include=["distances"])
            pairs = zip(answer["ids"][0], answer["distances"][0], strict=True)
            found.update({key: 1.0 - float(distance) for key, distance in pairs})
        return dict(sorted(found.items(), key=lambda pair: -pair[1])[:count])

    def among(self, vector: Matrix, scope: Scope, keys: Sequence[str]) -> dict[str, float]:
        """Exact, over the vectors this generation was built from: reading them back costs 30 ms."""
        self._visible(scope)
        return self._exact.among(vector, scope, keys)

    def _visible(self, scope: Scope) -> Iterable[Any]:
        if scope.tenant != self._tenant:
            raise ValueError("this index belongs to another tenant")
        places = [(audience, unit) for audience in scope.audiences for unit in scope.units]
        return [self._open[place] for place in places if place in self._open]


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:16]

"""Figures for Prometheus. No label holds anything about a person."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


class Metrics:
    """One registry an application, so that several can live in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("chexin_http_requests_total", "HTTP requests", ["path", "status"],
                                registry=self.registry)  # fmt: skip
        self.turns = Counter("chexin_turns_total", "Turns of conversation", registry=self.registry)
        self.layers = Counter("chexin_understood_total", "Turns by what understood the words", ["layer"],
                              registry=self.registry)  # fmt: skip
        self.model = Counter("chexin_model_total", "Questions to the language model by how they ended", ["outcome"],
                             registry=self.registry)  # fmt: skip
        self.leads = Counter("chexin_leads_total", "Leads brought in over HTTP", registry=self.registry)
        self.seconds = Histogram("chexin_http_seconds", "Time to answer", ["path"], registry=self.registry)
        self._overdue = Gauge("chexin_overdue", "Rows due for over five minutes and not done", ["what"],
                              registry=self.registry)  # fmt: skip
        self.connections = Gauge("chexin_web_connections", "Open web chats", registry=self.registry)

    def heard(self, layer: str) -> None:
        """A turn's words were understood by this layer."""
        self.layers.labels(layer).inc()

    def thought(self, outcome: str) -> None:
        """The model was asked, or was not because of a limit."""
        self.model.labels(outcome).inc()

    def observe(self, path: str, status: int, seconds: float) -> None:
        """One answered request."""
        self.requests.labels(path, status).inc()
        self.seconds.labels(path).observe(seconds)

    def text(self, counts: dict[str, int]) -> bytes:
        """The exposition format, with the overdue rows as of now."""
        for what, count in counts.items():
            self._overdue.labels(what).set(count)
        return generate_latest(self.registry)

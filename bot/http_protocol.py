"""uvicorn's HTTP/1.1 protocol with deadlines, which uvicorn 0.54 has none of.

A client that is late with its headers, or stops reading, is cut off; the body's deadline
is `web_guard`'s. Use it as `uvicorn.Config(..., http=DeadlineProtocol, ws="none")`.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol


class DeadlineProtocol(H11Protocol):
    headers_s = 10.0  # from the connection, or from the last response, to complete headers
    send_s = 15.0  # that a client may leave our buffer full
    _headers_late: asyncio.TimerHandle | None = None
    _send_late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_headers()

    def handle_events(self) -> None:
        cycle: Any = self.cycle
        super().handle_events()
        if self.cycle is not cycle and self._headers_late:
            self._headers_late.cancel()

    def on_response_complete(self) -> None:
        # First, because the next request may already be in the buffer.
        self._await_headers()
        super().on_response_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        # Not close(): that waits for the buffer which nobody empties.
        self._send_late = self.loop.call_later(self.send_s, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._send_late:
            self._send_late.cancel()

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._headers_late, self._send_late):
            if timer:
                timer.cancel()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """An event stream has no end of its own: close it, the page comes back by its cursor."""
        super().shutdown()
        if self.cycle and not self.cycle.response_complete and self._is_stream():
            self.transport.close()

    def _is_stream(self) -> bool:
        return bool(self.scope["path"].endswith("/stream"))

    def _await_headers(self) -> None:
        if self._headers_late:
            self._headers_late.cancel()
        self._headers_late = self.loop.call_later(self.headers_s, self.transport.abort)

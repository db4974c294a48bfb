"""FastAPI alone: one that stalls and then breaks ends a broadcast: the others never get it."""

import asyncio

import uvicorn
from fastapi import FastAPI, WebSocket
from websockets.asyncio.client import connect

app, connections = FastAPI(), []


@app.websocket("/")
async def endpoint(websocket: WebSocket):
    await websocket.accept()
    connections.append(websocket)
    await websocket.receive()  # returns when it has gone
    connections.remove(websocket)


async def broadcast(message):  # as the documented ConnectionManager does
    for connection in connections:
        await connection.send_text(message)


async def main():
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level=60))
    await asyncio.wait(tasks := [asyncio.create_task(server.serve())], timeout=1)
    url = f"ws://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    breaks, other = [await connect(url, compression=None) for _ in range(2)]
    tasks += [asyncio.create_task(connections[0].send_text("." * 2**19)) for _ in range(99)]
    await asyncio.sleep(1)
    await asyncio.wait([telling := asyncio.create_task(broadcast("hello"))], timeout=1)
    breaks.transport.abort()
    (error,) = await asyncio.gather(telling, return_exceptions=True)
    await broadcast("more")
    return [type(error).__name__, await other.recv()]


print(told := asyncio.run(main()))
raise SystemExit(told != ["WebSocketDisconnect", "more"])

/**
 * The platform's limit of a local round trip: a WebSocket server that sends every frame back. Not TypeScript, because
 * its memory is compared too, and what strips the types would count.
 */
import { WebSocketServer } from "ws";

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
server.on("connection", (webSocket) => {
  webSocket.on("message", (frame) => webSocket.send(frame));
});
server.on("listening", () => {
  process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`);
});

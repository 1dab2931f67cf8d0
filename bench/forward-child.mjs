/**
 * The platform's limit of a way between devices: a WebSocket server that passes every frame on to all its other
 * connections, among them the one it makes itself to the server on the port given, if any.
 */
import { WebSocket, WebSocketServer } from "ws";

const OPTIONS = { perMessageDeflate: false };
const sockets = new Set();

const join = (webSocket) => {
  sockets.add(webSocket);
  webSocket.on("message", (frame) => {
    for (const other of sockets) if (other !== webSocket) other.send(frame);
  });
  webSocket.on("close", () => sockets.delete(webSocket));
};

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, ...OPTIONS });
server.on("connection", join);
const ready = () => process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`);
const [port] = process.argv.slice(2);
server.on("listening", () => {
  if (port === undefined) return ready();
  const upstream = new WebSocket(`ws://127.0.0.1:${port}`, OPTIONS);
  upstream.on("open", () => {
    join(upstream);
    ready();
  });
});

// PORT TRUST HOST [VERSION [KEY]]: a client of Node.js, which verifies when the handshake is over.
var tls = require("tls"), fs = require("fs"), a = process.argv.slice(2);
var options = {
  host: "127.0.0.1", port: Number(a[0]), servername: a[2],
  ca: [fs.readFileSync(a[1] + ".pem", "ascii")], rejectUnauthorized: true,
};
if (a[3]) options.minVersion = options.maxVersion = a[3];
if (a[4]) {
  options.cert = fs.readFileSync(a[4] + ".pem");
  options.key = fs.readFileSync(a[4] + ".key");
}
var socket = tls.connect(options.port, "127.0.0.1", options, function () {
  if (!socket.authorized) {
    console.log(socket.authorizationError);
    socket.destroy();
    return;
  }
  socket.write("GET / HTTP/1.0\r\n\r\n");
});
socket.on("data", function () { socket.end(); });
socket.on("error", function (error) { console.log(String(error)); });

// PORT VERSION server|mutual: a server of Node.js, which answers one line and closes.
var tls = require("tls"), fs = require("fs"), a = process.argv.slice(2);
tls.createServer({
  cert: fs.readFileSync("full.pem"), key: fs.readFileSync("good.key"),
  ca: [fs.readFileSync("root.pem")], minVersion: a[1], maxVersion: a[1],
  ciphers: "ALL:@SECLEVEL=0",
  requestCert: a[2] === "mutual", rejectUnauthorized: a[2] === "mutual",
}, function (socket) {
  socket.on("error", function () {});
  socket.once("data", function () { socket.end("HTTP/1.0 200 OK\r\n\r\nfine"); });
}).listen(Number(a[0]), "127.0.0.1");

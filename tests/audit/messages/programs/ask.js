// Ask a server by Node: ask.js PORT HOST VERSION [CERTIFICATE KEY]
const fs = require("fs");
const [port, host, version, certificate, key] = process.argv.slice(2);
const options = {
  host: "127.0.0.1", port, servername: host, path: "/", ca: fs.readFileSync("root.pem"),
  minVersion: `TLSv${version}`, maxVersion: `TLSv${version}`,
};
if (certificate) {
  options.cert = fs.readFileSync(certificate);
  options.key = fs.readFileSync(key);
}
require("https").get(options, (answer) => answer.pipe(process.stdout));

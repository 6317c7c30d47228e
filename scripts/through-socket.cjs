// Loaded before the program, has servers listen on one socket in a folder, whatever port they ask for, and TLS clients
// connect to that.
const { Server } = require('node:net')
const tls = require('node:tls')

const path = process.env.CRAY_IMS_BUILD_SOCKET
const { listen, address } = Server.prototype
const { connect } = tls

Server.prototype.listen = function (port, host, listening) {
  return listen.call(this, path, listening)
}

Server.prototype.address = function () {
  return address.call(this) && { address: '127.0.0.1', family: 'IPv4', port: 1 }
}

tls.connect = (options, ...rest) => connect({ ...options, path, host: undefined, port: undefined }, ...rest)

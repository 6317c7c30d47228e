// Loaded before the program, has servers listen on one socket in a folder, whatever port they ask for, and TLS clients
// connect to that.
const { Server } = require('node:net')
const tls = require('node:tls')

const path = process.env.CRAY_IMS_BUILD_SOCKET
const { address } = Server.prototype
/** @type {(this: Server, path: string | undefined, listening: () => void) => Server} */
const listen = Server.prototype.listen
const { connect } = tls

Object.assign(Server.prototype, {
  /**
   * @this {Server}
   * @param {unknown} _port
   * @param {unknown} _host
   * @param {() => void} listening
   */
  listen(_port, _host, listening) {
    return listen.call(this, path, listening)
  },

  /** @this {Server} */
  address() {
    return address.call(this) && { address: '127.0.0.1', family: 'IPv4', port: 1 }
  },
})

Object.assign(tls, {
  /**
   * @param {import('node:tls').ConnectionOptions} options
   * @param {() => void} [connected]
   */
  connect: (options, connected) => connect({ ...options, path, host: undefined, port: undefined }, connected),
})

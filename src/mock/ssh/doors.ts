import { createServer, type AddressInfo, type Socket } from 'node:net'

/** A port of loopback that is held for the shell of one job. */
export interface Door {
  readonly port: number
  /** From now on lets connections in. Before that, each is closed at once, as if nobody listened. */
  open(admit: (socket: Socket) => void): void
  /** Drops those that are in. */
  drop(): void
  /** Drops those that are in, and lets nobody in any more. */
  shut(): void
  /** Shuts it and gives the port back. */
  close(): Promise<void>
}

/** The doors that are held, by port. */
export interface Doors {
  /** Holds a port: the one that is wanted, where it is free. */
  hold(wanted?: number): Promise<Door>
  at(port: number): Door | undefined
  /** Drops all connections, as a network that breaks off does. */
  drop(): void
  close(): Promise<void>
}

/**
 * Doors on 127.0.0.1. A job's record says from the start where its shell will be, so its port is held that long, too.
 */
export function createDoors(): Doors {
  const held = new Map<number, Door>()

  async function hold(wanted = 0): Promise<Door> {
    const sockets = new Set<Socket>()
    let admit: ((socket: Socket) => void) | undefined
    const server = createServer({ noDelay: true }, (socket) => {
      socket.on('error', () => {})
      if (!admit) return void socket.destroy()
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      admit(socket)
    })
    const listen = (port: number) =>
      new Promise<void>((listening, fail) => {
        server.once('error', fail)
        server.listen(port, '127.0.0.1', () => {
          server.removeListener('error', fail)
          listening()
        })
      })
    await listen(wanted).catch((error: unknown) => (wanted === 0 ? Promise.reject(error) : listen(0)))

    const { port } = server.address() as AddressInfo
    const door: Door = {
      port,
      open: (whom) => void (admit = whom),
      drop: () => sockets.forEach((socket) => socket.destroy()),
      shut() {
        admit = undefined
        door.drop()
      },
      close() {
        held.delete(port)
        door.shut()
        return new Promise((closed) => server.close(() => closed()))
      },
    }
    held.set(port, door)
    return door
  }

  return {
    hold,
    at: (port) => held.get(port),
    drop: () => held.forEach((door) => door.drop()),
    close: async () => void (await Promise.all(Array.from(held.values(), (door) => door.close()))),
  }
}

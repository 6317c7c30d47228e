/**
 * How long the network is waited for, in seconds, unless an option says otherwise. The service works on one request at a
 * time, and copies gigabytes inside some: its own limit for one is 3600 s, and reads wait for the others.
 */
export const usualLimits = {
  /** For a connection: name, TCP, TLS and proxy together. */
  connect: 10,
  /** For the next part of an answer to a read. */
  read: 300,
  /** For the next part of an answer to a write. */
  write: 3600,
} as const

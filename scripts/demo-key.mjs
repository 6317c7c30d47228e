// Writes a new RSA key pair in OpenSSH's form, where there is no ssh-keygen: `node demo-key.mjs FILE`.
import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'

const [file] = process.argv.slice(2)
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 3072 })
/** @param {Buffer} bytes */
const field = (bytes) => Buffer.concat([Buffer.from(Uint32Array.of(bytes.length).buffer).swap32(), bytes])
// A number that starts with a high bit would be read as negative.
/** @param {string} base64 */
const number = (base64) => Buffer.concat([Buffer.alloc(1), Buffer.from(base64, 'base64url')])
const { e = '', n = '' } = publicKey.export({ format: 'jwk' })
const blob = Buffer.concat([field(Buffer.from('ssh-rsa')), field(Buffer.from(e, 'base64url')), field(number(n))])
writeFileSync(file, privateKey.export({ format: 'pem', type: 'pkcs1' }), { mode: 0o600 })
writeFileSync(`${file}.pub`, `ssh-rsa ${blob.toString('base64')} username@ncn-m001\n`)

// Says the same to whoever has the token: so many records on one port each. It prints the ports, and how long a record is.
//
//   node server.mjs FOLDER COUNT...
import { readFileSync } from 'node:fs'
import https from 'node:https'
import { join } from 'node:path'

/** @param {number} number */
function image(number) {
  const id = `d88521c3-b339-43bc-afda-${String(number).padStart(12, '0')}`
  return {
    id,
    created: '2026-01-02T03:04:11.678901',
    name: `compute-${number}-sles15sp5.x86_64-26.${number % 12}`,
    arch: 'x86_64',
    link: { path: `s3://boot-images/${id}/manifest.json`, etag: 'f04af5f34635ae7c507322985e60c00c', type: 's3' },
    metadata: { note: `value of image ${number}` },
  }
}

const [folder, ...counts] = process.argv.slice(2)
const [key, cert, token] = ['key.pem', 'chain.pem', 'token'].map((name) => readFileSync(join(folder, name), 'utf8'))
const ports = counts.map((count) => {
  const body = Buffer.from(JSON.stringify(Array.from({ length: Number(count) }, (_, at) => image(at))))
  return new Promise((listening) => {
    const server = https.createServer({ key, cert }, ({ headers }, response) => {
      if (headers.authorization !== `Bearer ${token}`) return response.writeHead(401).end()
      return response.setHeader('Content-Type', 'application/json').end(body)
    })
    server.listen(0, '127.0.0.1', () => listening(/** @type {import('node:net').AddressInfo} */ (server.address()).port))
  })
})
console.log(JSON.stringify({ ports: await Promise.all(ports), recordBytes: JSON.stringify(image(12_345)).length }))

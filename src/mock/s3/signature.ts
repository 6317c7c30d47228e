import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { S3Call } from './call.ts'
import { S3Refused } from './errors.ts'
import type { Sessions } from './sessions.ts'

/** The longest that the clocks of client and gateway may differ, in milliseconds. */
const skew = 15 * 60_000

const form = /^AWS4-HMAC-SHA256 +Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, *SignedHeaders=([^,]+), *Signature=([0-9a-f]{64})$/

/** Whether a request is signed, and so meant for the S3. */
export const isSigned = (authorization: string | undefined): boolean => /^AWS4-HMAC-SHA256\b/.test(authorization ?? '')

/**
 * Checks a request's signature (AWS version 4) and the credentials that it was made with.
 *
 * @param now milliseconds since 1970.
 * @throws S3Refused, without saying what was wrong: as a RADOS Gateway does
 */
export function demandSignature({ method, path, query, headers }: S3Call, sessions: Sessions, now: number): void {
  const [, accessKey, date, region, signed, signature] = form.exec(headers.authorization ?? '') ?? []
  const time = headers['x-amz-date'] ?? ''
  if (accessKey === undefined || !time.startsWith(date!)) throw new S3Refused('AccessDenied')
  const at = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  if (!(Math.abs(at - now) <= skew)) throw new S3Refused('RequestTimeTooSkewed')
  const secret = sessions.secretOf(accessKey, headers['x-amz-security-token'])
  if (secret === undefined) throw new S3Refused('AccessDenied')

  const canonical = [
    method,
    path,
    canonicalQuery(query),
    ...signed!.split(';').map((name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    signed,
    headers['x-amz-content-sha256'] ?? '',
  ].join('\n')
  const scope = `${date}/${region}/s3/aws4_request`
  const text = ['AWS4-HMAC-SHA256', time, scope, createHash('sha256').update(canonical).digest('hex')].join('\n')
  const key = [region!, 's3', 'aws4_request'].reduce(hmac, hmac(`AWS4${secret}`, date!))
  if (!timingSafeEqual(hmac(key, text), Buffer.from(signature!, 'hex'))) throw new S3Refused('AccessDenied')
}

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

function canonicalQuery(query: string): string {
  return query
    .split('&')
    .filter((part) => part !== '')
    .map((part) => (part.includes('=') ? part : `${part}=`))
    .sort()
    .join('&')
}

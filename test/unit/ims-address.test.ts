import { describe, expect, test } from 'vitest'
import { shownUrl } from '../../src/http/shown-url.ts'
import { parseAddress, shownHostname, urlFor } from '../../src/ims/address.ts'
import { encodeSegment } from '../../src/ims/api.ts'
import { hostnameCommands } from '../../src/ims/connection-error.ts'
import { listCommand, mayHaveHappened, namesOne } from '../../src/ims/resource-paths.ts'

const jobs = '/apis/ims/v3/jobs'

describe('a hostname', () => {
  test.each([
    ['api.local', 'https://api.local/apis/ims/v3/jobs'],
    ['api.local:8443', 'https://api.local:8443/apis/ims/v3/jobs'],
    [' api.local\n', 'https://api.local/apis/ims/v3/jobs'],
    ['http://api.local', 'http://api.local/apis/ims/v3/jobs'],
    ['HTTPS://api.local', 'https://api.local/apis/ims/v3/jobs'],
    ['http://api.local/', 'http://api.local/apis/ims/v3/jobs'],
    ['http://api.local/prefix', 'http://api.local/apis/ims/v3/jobs'],
    ['http://api.local/prefix/', 'http://api.local/prefix/apis/ims/v3/jobs'],
    ['http://api.local/prefix/x', 'http://api.local/prefix/apis/ims/v3/jobs'],
    ['http://api.local/?a=b', 'http://api.local/apis/ims/v3/jobs?a=b'],
    ['http://api.local/#x', 'http://api.local/apis/ims/v3/jobs'],
    ['http://[::1]:8080', 'http://[::1]:8080/apis/ims/v3/jobs'],
  ])('%j means %s', (hostname, url) => {
    expect(urlFor(parseAddress(hostname), jobs).href).toBe(url)
  })

  test.each([
    ['http://u:p@api.local', 'u:p'],
    ['u:p%40@api.local', 'u:p@'],
    ['https://u:@api.local', 'u:'],
  ])('%s becomes Basic', (hostname, credentials) => {
    const address = parseAddress(hostname)
    expect(address.authorization).toBe(`Basic ${Buffer.from(credentials).toString('base64')}`)
    expect(address.base.href).not.toContain('u')
  })

  test.each(['https://api.local', 'https://u@api.local', 'https://api.local:80/a:b@c'])('%s has no credentials', (hostname) => {
    expect(parseAddress(hostname).authorization).toBeUndefined()
  })

  test.each([
    ['', 'The hostname is empty.'],
    ['  ', 'The hostname is empty.'],
    ['ftp://api.local', 'ftp:// is not a scheme of the service; it is https.'],
    ['http://', '"http://" is not an address.'],
    ['https://u:secret@a b', '"https://…@a b" is not an address.'],
    ['https://u:sec/ret@a b', '"https://…@a b" is not an address.'],
    ['u:sec?ret#x@a b', '"https://…@a b" is not an address.'],
    ['https://u:secret', '"https://u:…" is not an address.'],
    ['https://a b/?token=secret', '"https://a b/" is not an address.'],
  ])('%j is the connection error', (hostname, why) => {
    expect(() => parseAddress(hostname)).toThrow(
      expect.objectContaining({
        message: 'Unable to connect to cray. Please verify your cray hostname:',
        exit: 2,
        more: [...hostnameCommands, why],
      }),
    )
  })
})

test("a request's query follows the hostname's", () => {
  const url = urlFor(parseAddress('http://h/?a=b'), jobs, { age: '7d', status: 'a b&c' })
  expect(url.search).toBe('?a=b&age=7d&status=a+b%26c')
})

test.each([
  ['api.local:8443', 'api.local:8443'],
  ['https://u:p@api.local/prefix/x', 'https://…@api.local/prefix/x'],
  ['u:p@q@api.local', '…@api.local'],
  ['http://[::1]:8080', 'http://[::1]:8080'],
  ['h?token=secret', 'h'],
])('the hostname %s is shown as %s', (hostname, shown) => {
  expect(shownHostname(hostname)).toBe(shown)
})

test('a query that is broken, or has control characters, is shown all the same', () => {
  expect(shownUrl(new URL('http://h/x?a=%ff&b=%1b[31m%0a&c'))).toMatch(/^http:\/\/h\/x\?a=\ufffd&b=[^\x00-\x1f]*&c=$/)
})

test('secrets of a query are not shown', () => {
  expect(shownUrl(new URL('http://u:p@h/x?token=abc&age=7d&Api_Key=1'))).toBe('http://h/x?token=…&age=7d&Api_Key=…')
})

describe('an id', () => {
  test.each([
    ['a/b', 'a%2Fb'],
    ['../images', '..%2Fimages'],
    ['a%2Fb', 'a%252Fb'],
    ['%2e%2e', '%252e%252e'],
    ['é日', '%C3%A9%E6%97%A5'],
    ['a\nb', 'a%0Ab'],
    ['a?b=c#d', 'a%3Fb%3Dc%23d'],
    ['\ud83d', '%EF%BF%BD'],
  ])('%j is one segment', (id, segment) => {
    expect(encodeSegment(id)).toBe(segment)
    expect(urlFor(parseAddress('h'), `${jobs}/${segment}`).pathname).toBe(`${jobs}/${segment}`)
  })

  test.each(['', '.', '..'])('%j is refused', (id) => {
    expect(() => encodeSegment(id, 'JOB_ID')).toThrow(
      expect.objectContaining({ usage: true, message: expect.stringContaining("'JOB_ID'") }),
    )
  })
})

test.each([
  ['/apis/ims/v3/jobs', 'jobs list', false],
  ['/apis/ims/v3/jobs/ad51', 'jobs list', true],
  ['/prefix/apis/ims/v3/public-keys/1', 'public-keys list', true],
  ['/apis/ims/v3/deleted/images', 'deleted images list', false],
  ['/apis/ims/v3/deleted/images/1', 'deleted images list', true],
  ['/apis/ims/v3/remote-build-nodes/x3000', 'remote-build-nodes list', true],
  ['/apis/ims/v3/remote-build-nodes/status', 'remote-build-nodes list', false],
  ['/apis/ims/v3/remote-build-nodes/status/x3000', 'remote-build-nodes list', true],
  ['/apis/ims/version', undefined, false],
])('%s is listed by %s', (path, command, one) => {
  expect(listCommand(path)?.join(' ')).toBe(command)
  expect(namesOne(path)).toBe(one)
})

test('only a write may have happened', () => {
  const url = new URL('http://h/apis/ims/v3/images')
  expect(mayHaveHappened({ method: 'GET', url })).toEqual({ lines: [] })
  expect(mayHaveHappened({ method: 'POST', url })).toEqual({
    lines: ['The POST may have been carried out all the same.'],
    next: ['images', 'list'],
  })
})

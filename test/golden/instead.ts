import type { Recorded } from './recorded.ts'

/** What we do where a deviation says that we differ, as a case of our own. */
export interface Instead {
  /** The deviation's text, up to where it differs from all others. */
  reason: string
  /** A piece of the line in docs/differences.md. */
  row: string
  /** What stderr says; a text that it must not hold with `not` before it. */
  says?: (string | { not: string })[]
  /** The case; what is left out is as in `base`. */
  case: Partial<Recorded>
}

const json = { 'Content-Type': 'application/json' }
const ok = (body: string, headers: Record<string, string> = json) => ({ status: 200, headers, body })
const get = (path: string, more: Record<string, string> = {}) => ({ method: 'GET', path, query: '', headers: more, raw_body: '' })
const post = (path: string, body: string) => ({
  method: 'POST',
  path,
  query: '',
  headers: { 'Content-Type': 'application/json' },
  raw_body: body,
})
const list = get('/apis/ims/v3/jobs')
const listed = '[[results]]\na = 1\n\n\n'
const one = ok('[{"a": 1}]')
const settings = '.config/cray/configurations/default'
const core = '[core]\nhostname = "@SCHEME@://@HOST@"\n'
const described = (id: string) => get(`/apis/ims/v3/images/${id}`)
const refused = { exit: 2, stdout: '', requests: [], responses: [] }
const token = 'SECRET-ACCESS'
const login = ok(`{"access_token": "${token}", "expires_in": 300, "refresh_token": "SECRET-REFRESH", "scope": "email"}`)
const loginForm = (fields: string) => ({
  method: 'POST',
  path: '/keycloak/realms/shasta/protocol/openid-connect/token',
  query: '',
  headers: { 'Content-Type': 'application/x-www-form-urlencoded', Authorization: 'Basic c2hhc3RhOg==' },
  raw_body: fields,
})
const jane = loginForm('grant_type=password&username=jane&password=SECRET-PASSWORD')
const tokenFile = {
  mode: '0o600',
  text: `{"access_token": "${token}", "expires_in": 300, "refresh_token": "SECRET-REFRESH", "scope": ["email"], "client_id": "shasta", "expires_at": "in time"}`,
}
const withUser = { mode: '0o600', text: `${core}\n[auth.login]\nusername = "jane"\n` }
const recipe = ['ims', 'recipes', 'create', '--name', 'n', '--recipe-type', 'kiwi-ng', '--linux-distribution', 'sles15']
const configurations =
  '{\n  "configurations": [\n    {\n      "name": "a",\n      "is_active": false\n    },\n    {\n      "name": "default",\n      "is_active": true\n    },\n    {\n      "name": "z",\n      "is_active": false\n    }\n  ]\n}\n'

/** `cray ims jobs list` of one record, without credentials. */
export const base: Recorded = {
  name: '',
  argv: ['ims', 'jobs', 'list'],
  env: {},
  tls: false,
  files: { [settings]: core },
  responses: [one],
  requests: [list],
  stdout: listed,
  exit: 0,
}

export const instead: readonly Instead[] = [
  {
    reason: '-v logs go to stderr',
    row: '`-v`',
    says: ['GET', '/apis/ims/v3/jobs', { not: token }],
    case: {
      argv: ['ims', 'jobs', 'list', '-vvvv', '--token', 't'],
      tls: true,
      files: { [settings]: core, t: `{"access_token": "${token}"}` },
      requests: [get('/apis/ims/v3/jobs', { Authorization: `Bearer ${token}` })],
    },
  },
  {
    reason: 'A login that fails changes no file.',
    row: 'login that fails',
    says: ['Invalid Credentials'],
    case: {
      argv: ['auth', 'login', '--username', 'jane', '--password', 'SECRET-PASSWORD'],
      tls: true,
      responses: [{ status: 401, headers: json, body: '{"error": "invalid_grant"}' }],
      requests: [jane],
      exit: 2,
      stdout: '',
    },
  },
  {
    reason: '~/.netrc is not read.',
    row: '`~/.netrc`',
    case: { files: { [settings]: core, '.netrc': 'machine 127.0.0.1 login u password p\n' } },
  },
  {
    reason: 'Output is always UTF-8.',
    row: 'UTF-8, whatever',
    case: { env: { PYTHONIOENCODING: 'latin-1', LANG: 'C' }, responses: [ok('{"a": "é"}')], stdout: 'a = "é"\n\n' },
  },
  {
    reason: "White space inside a list's values is kept",
    row: "list's values",
    case: {
      argv: [...recipe, '--template-dictionary-key', 'a, b', '--template-dictionary-value', 'hello world ,x'],
      responses: [ok('{"id": "x"}')],
      stdout: 'id = "x"\n\n',
      requests: [
        post(
          '/apis/ims/v3/recipes',
          '{"name": "n", "recipe_type": "kiwi-ng", "linux_distribution": "sles15", "template_dictionary": [{"key": "a", "value": "hello world"}, {"key": "b", "value": "x"}]}',
        ),
      ],
    },
  },
  {
    reason: 'Help never needs a configuration',
    row: 'without a configuration',
    case: { ...refused, argv: ['ims', 'jobs', 'create', '--help'], files: {}, exit: 0, stdout: null },
  },
  {
    reason: 'Either is right: help with exit 0',
    row: '`--help` beside a wrong option',
    case: { ...refused, argv: ['ims', 'jobs', 'list', '--help', '--bogus'], exit: 0, stdout: null },
  },
  ...['301', '302', '303'].map((status) => ({
    reason: 'A write that is redirected by 301, 302 or 303',
    row: 'write that is redirected',
    says: ['/elsewhere'],
    case: {
      argv: ['ims', 'images', 'delete', 'n'],
      responses: [{ status: Number(status), headers: { Location: '/elsewhere' }, body: '' }, ok('{"a": 1}')],
      requests: [{ ...described('n'), method: 'DELETE' }],
      exit: 2,
      stdout: '',
    },
  })),
  ...['text/html', 'application/json'].map((type) => ({
    reason: 'A 2xx answer of text/html',
    row: 'is no JSON',
    says: ['<html>'],
    case: { responses: [ok('<html>hi', { 'Content-Type': type })], exit: 2, stdout: '' },
  })),
  { reason: 'A byte order mark is ignored.', row: 'byte order mark before JSON', case: { responses: [ok('\uFEFF[{"a": 1}]')] } },
  {
    reason: 'Either is right: decoded, or exit 2.',
    row: 'UTF-16',
    case: { responses: [{ ...ok(''), body: { base64: Buffer.from('{"a": 1}', 'utf16le').toString('base64') } }], exit: 2, stdout: '' },
  },
  {
    reason: 'Text without a charset is taken as UTF-8.',
    row: 'without a charset',
    case: { responses: [ok('é', { 'Content-Type': 'text/plain' })], stdout: 'é\n' },
  },
  {
    reason: 'Valid TOML, exit 0: a list that mixes tables',
    row: 'mixes tables',
    case: { responses: [ok('{"a": [{"k": "v"}, null]}')], stdout: 'a = [ {k = "v"}, "None",]\n\n' },
  },
  {
    reason: 'White space around the name in active_config',
    row: '`active_config`',
    case: { files: { [settings]: '', '.config/cray/configurations/other': core, '.config/cray/active_config': ' other\n' } },
  },
  {
    reason: 'Exit 2 with a message that names the file',
    row: 'that cannot be read',
    says: [settings, 'line 1'],
    case: { ...refused, files: { [settings]: '[core\n' } },
  },
  {
    reason: 'A number is sent as its text.',
    row: 'tenant that is a number',
    case: { files: { [settings]: `${core}tenant = 5\n` }, requests: [get('/apis/ims/v3/jobs', { 'Cray-Tenant-Name': '5' })] },
  },
  {
    reason: 'The error names the tenant',
    row: 'tenant that cannot be sent',
    says: ['tenant', 'é日'],
    case: { ...refused, files: { [settings]: `${core}tenant = "é日"\n` } },
  },
  ...['tenant = ["a", "b"]', '[core.tenant]\nname = "a"'].map((tenant) => ({
    reason: 'The error names the tenant',
    row: 'tenant that cannot be sent',
    says: [settings, 'the tenant is a list or a table'],
    case: { ...refused, files: { [settings]: `${core}${tenant}\n` } },
  })),
  {
    reason: 'A path in the configuration works',
    row: 'path in the configuration',
    case: {
      argv: ['ims', 'public-keys', 'create', '--name', 'n'],
      files: {
        [settings]: `${core}[ims.public-keys.create]\npublic_key = "k.pub"\n`,
        'k.pub': 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQD u@h\n',
      },
      responses: [ok('{"id": "x"}')],
      stdout: 'id = "x"\n\n',
      requests: [post('/apis/ims/v3/public-keys', '{"name": "n", "public_key": "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQD u@h\\n"}')],
    },
  },
  {
    reason: 'Keys with dashes work',
    row: 'Keys with dashes',
    case: {
      argv: ['ims', 'images', 'create'],
      files: { [settings]: `${core}[ims.images.create]\nname = "n"\nlink-type = "s3"\n` },
      responses: [ok('{"id": "x"}')],
      stdout: 'id = "x"\n\n',
      requests: [post('/apis/ims/v3/images', '{"name": "n", "link": {"type": "s3"}}')],
    },
  },
  {
    reason: 'A 401 refreshes the token once',
    row: 'A 401',
    says: [{ not: 'SECRET' }],
    case: {
      argv: ['ims', 'jobs', 'list', '-vvv'],
      tls: true,
      files: {
        [settings]: `${core}[auth.login]\nusername = "jane"\n`,
        '.config/cray/tokens/@HOSTNAME_@.jane':
          '{"access_token": "SECRET-OLD", "refresh_token": "SECRET-REFRESH", "expires_at": 4102444800.0, "client_id": "shasta"}',
      },
      responses: [{ status: 401, headers: json, body: '{}' }, login, one],
      requests: [
        get('/apis/ims/v3/jobs', { Authorization: 'Bearer SECRET-OLD' }),
        {
          ...loginForm('grant_type=refresh_token&refresh_token=SECRET-REFRESH&client_id=shasta'),
          headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        },
        get('/apis/ims/v3/jobs', { Authorization: `Bearer ${token}` }),
      ],
      files_written: { '.config/cray/tokens/@HOSTNAME_@.jane': tokenFile },
    },
  },
  {
    reason: 'The tokens folder is made where it is missing.',
    row: 'tokens folder',
    case: {
      argv: ['auth', 'login'],
      env: { CRAY_AUTH_LOGIN_USERNAME: 'jane', CRAY_AUTH_LOGIN_PASSWORD: 'SECRET-PASSWORD' },
      tls: true,
      responses: [login],
      requests: [jane],
      stdout: 'Success!\n\n',
      files_written: { '.config/cray/tokens/@HOSTNAME_@.jane': tokenFile, [settings]: withUser },
    },
  },
  {
    reason: 'Questions go to stderr',
    row: 'Questions',
    says: ['Username: ', 'Password: ', { not: 'SECRET' }],
    case: {
      argv: ['auth', 'login'],
      tls: true,
      stdin: 'jane\nSECRET-PASSWORD\n',
      responses: [login],
      requests: [jane],
      stdout: 'Success!\n\n',
      files_written: { '.config/cray/tokens/@HOSTNAME_@.jane': tokenFile, [settings]: withUser },
    },
  },
  {
    reason: 'A byte order mark at the head of a configuration',
    row: 'byte order mark before a configuration',
    case: { files: { [settings]: `\uFEFF${core}` } },
  },
  {
    reason: "Refused: a configuration's name has no slash.",
    row: 'slash',
    says: ['a/b'],
    case: { ...refused, argv: ['init', '--hostname', '@HOST@', '--no-auth', '--configuration', 'a/b'] },
  },
  {
    reason: 'The message says what is wrong with the token',
    row: 'token server',
    says: ['mac'],
    case: {
      ...refused,
      argv: ['ims', 'jobs', 'list', '--token', 't'],
      tls: true,
      files: { [settings]: core, t: '{"access_token": "x", "token_type": "mac"}' },
    },
  },
  {
    reason: "The value is all that follows the first '='.",
    row: 'key=a=b',
    case: {
      ...refused,
      argv: ['config', 'set', 'core', 'x=a=b'],
      exit: 0,
      stdout: '\n',
      files_written: { [settings]: { mode: '0o600', text: `${core}x = "a=b"\n` } },
    },
  },
  {
    reason: 'Refused: core.hostname is a value',
    row: 'is a value, not a section',
    says: ['core.hostname'],
    case: { ...refused, argv: ['config', 'set', 'core.hostname', 'x=1'] },
  },
  {
    reason: 'Sorted by name.',
    row: 'sorted by name',
    case: {
      ...refused,
      argv: ['config', 'list', '--format', 'json'],
      files: { [settings]: core, '.config/cray/configurations/z': core, '.config/cray/configurations/a': core },
      exit: 0,
      stdout: configurations,
    },
  },
  {
    reason: 'Fewer redirects are followed.',
    row: 'at most 5 redirects',
    says: ['Unable to connect to cray'],
    case: {
      responses: Array.from({ length: 40 }, () => ({ status: 302, headers: { Location: '/apis/ims/v3/jobs' }, body: '' })),
      requests: Array.from({ length: 6 }, () => list),
      exit: 2,
      stdout: '',
    },
  },
  {
    reason: 'A redirect to another origin is not followed.',
    row: 'another origin',
    says: ['https://localhost:'],
    case: { responses: [{ status: 302, headers: { Location: 'https://localhost:@PORT@/other' }, body: '' }, one], exit: 2, stdout: '' },
  },
  ...['', 'ssh-rsa AAAA a\nssh-rsa AAAA b\n', '-----BEGIN OPENSSH PRIVATE KEY-----\nSECRET\n'].map((text) => ({
    reason: 'Refused before anything is sent: not one line.',
    row: 'public key file',
    says: ['--public-key', { not: 'SECRET' }],
    case: { ...refused, argv: ['ims', 'public-keys', 'create', '--name', 'n', '--public-key', 'k'], files: { [settings]: core, k: text } },
  })),
  {
    reason: 'Refused before anything is sent: a byte order mark has no place',
    row: 'public key file',
    says: ['byte order mark'],
    case: {
      ...refused,
      argv: ['ims', 'public-keys', 'create', '--name', 'n', '--public-key', 'k'],
      files: { [settings]: core, k: '\uFEFFssh-rsa AAAA a\n' },
    },
  },
  ...['', '7', '1d12h', '2 months', 'd', '-1d'].map((age) => ({
    reason: 'Refused before anything is sent: an age is one number',
    row: '`--age`',
    says: ['--age'],
    case: { ...refused, argv: ['ims', 'jobs', 'deleteall', `--age=${age}`] },
  })),
  ...[
    'age = 7',
    'age = 7.5',
    'age = true',
    'age = []',
    'age = {}',
    'age = ""',
    'age = 2026-01-01',
    'job_type = ""',
    'job_type = "other"',
    'job_type = ["create"]',
    'status = 1',
    'status = {a = 1}',
    'status = []',
    'status = [""]',
    'status = ["error", 1]',
    'status = ["error", "other"]',
    'status = [["error"]]',
  ].map((setting) => ({
    reason: 'A filter of a deletion that is empty, wrong or unknown',
    row: 'filter of `deleteall`',
    says: [settings, setting.split(' ')[0]!.replace('_', '-')],
    case: { ...refused, argv: ['ims', 'jobs', 'deleteall'], files: { [settings]: `${core}[ims.jobs.deleteall]\n${setting}\n` } },
  })),
  ...(
    [
      ['jobs', 'agee = "7d"'],
      ['jobs', 'job-types = "create"'],
      ['images', 'age = "7d"'],
      ['deleted.recipes', 'name = "x"'],
      ['jobs', '[ims.jobs.deleteall.filter]'],
    ] as const
  ).map(([group, setting]) => ({
    reason: 'A filter of a deletion that is empty, wrong or unknown',
    row: 'filter of `deleteall`',
    says: [settings, 'not an option of this command'],
    case: {
      ...refused,
      argv: ['ims', ...group.split('.'), 'deleteall', '--yes'],
      files: { [settings]: `${core}[ims.${group}.deleteall]\n${setting}\n` },
    },
  })),
  {
    reason: 'A filter of a deletion that is empty, wrong or unknown',
    row: 'filter of `deleteall`',
    says: ['CRAY_IMS_JOBS_DELETEALL_JOBTYPE'],
    case: { ...refused, argv: ['ims', 'jobs', 'deleteall'], env: { CRAY_IMS_JOBS_DELETEALL_JOBTYPE: 'create' } },
  },
  {
    reason: 'A filter of a deletion that is empty, wrong or unknown',
    row: 'filter of `deleteall`',
    case: {
      argv: ['ims', 'jobs', 'deleteall'],
      env: { CRAY_IMS_JOBS_DELETEALL_FORMAT: 'json' },
      files: { [settings]: `${core}[ims.jobs.deleteall]\nage = "7d"\njob-type = "create"\ntoken = ""\n` },
      responses: [{ status: 204, headers: {}, body: '' }],
      requests: [{ ...list, method: 'DELETE', query: 'age=7d&job_type=create' }],
      stdout: '\n',
    },
  },
  ...(
    [
      [['--status', 'packaging_artifacts'], '', 'status=packaging_artifacts'],
      [
        ['--status', 'error', '--status=packaging_artifacts', '--job-type', 'create'],
        '',
        'job_type=create&status=error&status=packaging_artifacts',
      ],
      [[], 'status = ["error", "success"]', 'status=error&status=success'],
      [['--status', 'creating'], 'status = ["error", "success"]', 'status=creating'],
    ] as const
  ).map(([words, setting, query]) => ({
    reason: '--status of jobs deleteall takes packaging_artifacts',
    row: '`--status` of `jobs deleteall`',
    case: {
      argv: ['ims', 'jobs', 'deleteall', ...words],
      files: { [settings]: `${core}[ims.jobs.deleteall]\n${setting}\n` },
      responses: [{ status: 204, headers: {}, body: '' }],
      requests: [{ ...list, method: 'DELETE', query }],
      stdout: '\n',
    },
  })),
  {
    reason: '--status of jobs deleteall takes packaging_artifacts',
    row: '`--status` of `jobs deleteall`',
    says: ["'--status': invalid choice: other"],
    case: { ...refused, argv: ['ims', 'jobs', 'deleteall', '--status', 'error', '--status', 'other'] },
  },
  ...[
    ['--metadata-key', '--metadata-value'],
    ['--metadata-key', '--metadata-value=x'],
    ['--link-path', '--format', 'json'],
    ['--metadata-key', 'k', '--metadata-value', '--help'],
  ].map((words) => ({
    reason: 'A value that is the name of another option',
    row: "another option's name",
    says: ['has no value: the next word is', `(For that very text: ${words.at(words[1] === 'k' ? 2 : 0)}=`],
    case: { ...refused, argv: ['ims', 'images', 'update', 'x', ...words] },
  })),
  {
    reason: 'A value that is the name of another option',
    row: "another option's name",
    case: {
      argv: ['ims', 'images', 'update', 'x', '--metadata-key=--metadata-value', '--metadata-value', '--other', '--link-path', '-v'],
      requests: [
        {
          method: 'PATCH',
          path: '/apis/ims/v3/images/x',
          query: '',
          headers: { 'Content-Type': 'application/json' },
          raw_body: '{"link": {"path": "-v"}, "metadata": {"key": "--metadata-value", "value": "--other"}}',
        },
      ],
      responses: [ok('{"a": 1}')],
      stdout: 'a = 1\n\n',
    },
  },
  {
    reason: 'Valid TOML that parses back',
    row: 'control characters',
    case: { responses: [ok('{"a": "\\u0000 \\u001b[1m \\\\x41 \\u00a0"}')], stdout: 'a = "\\u0000 \\u001b[1m \\\\x41 \\u00a0"\n\n' },
  },
  {
    reason: 'Valid TOML: a lone surrogate',
    row: 'lone surrogate',
    case: { responses: [ok('{"a": "\\ud83d"}')], stdout: 'a = "\uFFFD"\n\n' },
  },
  {
    reason: 'Global options are accepted anywhere',
    row: 'Global options',
    case: { argv: ['--format', 'json', 'ims', '-v', 'jobs', 'list'], stdout: '[\n  {\n    "a": 1\n  }\n]\n' },
  },
  ...(
    [
      ['../images', '..%2Fimages'],
      ['a/b', 'a%2Fb'],
      ['a?b=c', 'a%3Fb%3Dc'],
      ['a#b', 'a%23b'],
      ['a%2Fb', 'a%252Fb'],
    ] as const
  ).map(([id, sent]) => ({
    reason: 'An id is sent as exactly one',
    row: '../images',
    case: { argv: ['ims', 'images', 'describe', id], responses: [ok('{"a": 1}')], requests: [described(sent)], stdout: 'a = 1\n\n' },
  })),
  ...['', '.', '..'].map((id) => ({
    reason: "An empty id, '.' and '..' are refused",
    row: 'An empty id',
    says: ['IMAGE_ID'],
    case: { ...refused, argv: ['ims', 'images', 'delete', id] },
  })),
  {
    reason: 'The lines about which configuration is active',
    row: '`config describe`',
    says: ['Your active configuration is: default'],
    case: { ...refused, argv: ['config', 'describe'], exit: 0, stdout: `${core}\n` },
  },
  {
    reason: 'A detail that is no text',
    row: '`detail`',
    says: ['Error: T: {"a":1}'],
    case: { responses: [{ status: 400, headers: json, body: '{"title": "T", "detail": {"a": 1}}' }], exit: 2, stdout: '' },
  },
  {
    reason: "A format in the configuration that doesn't exist",
    row: 'format in the configuration',
    says: [settings, 'xml'],
    case: { ...refused, files: { [settings]: `${core}format = "xml"\n` } },
  },
  {
    reason: 'A descending range is refused.',
    row: 'goes down',
    says: ['3-1'],
    case: { ...refused, argv: [...recipe, '--template-dictionary-key', 'k[3-1]'] },
  },
  {
    reason: 'An expired token without a refresh token',
    row: 'without a refresh token',
    says: ['session has expired'],
    case: {
      ...refused,
      argv: ['ims', 'jobs', 'list', '--token', 't'],
      tls: true,
      files: { [settings]: core, t: '{"access_token": "x", "expires_at": 1.0}' },
    },
  },
  {
    reason: 'A date in the configuration',
    row: 'A date',
    case: {
      argv: ['ims', 'images', 'create'],
      files: { [settings]: `${core}[ims.images.create]\nname = 2026-01-02T03:04:05Z\n` },
      responses: [ok('{"id": "x"}')],
      stdout: 'id = "x"\n\n',
      requests: [post('/apis/ims/v3/images', '{"name": "2026-01-02T03:04:05Z"}')],
    },
  },
]

import { endings } from './endings.ts'
import type { CommandDefinition, OptionDefinition } from './definition.ts'

export const mockOptions = [
  { flag: '--port', type: 'count', placeholder: 'N', max: 65_535, help: 'Port to listen on; a free one by default' },
  { flag: '--tls', type: 'flag', help: 'Serve HTTPS, with a CA made for it, and a token endpoint' },
  {
    flag: '--server-name',
    type: 'each',
    placeholder: 'NAME',
    help: 'Another host name that it answers to, also in its certificate; repeatable',
  },
  { flag: '--speed', type: 'text', placeholder: 'X|step', help: 'How many times faster jobs run; step: each describe advances a job' },
  { flag: '--fail-builds', type: 'flag', exclusive: ['--builds'], help: 'Builds fail' },
  { flag: '--builds', type: 'choice', placeholder: 'ENDING', choices: endings, help: 'How builds end that would succeed' },
  {
    flag: '--fault',
    type: 'each',
    placeholder: 'SPEC',
    help: "Inject a fault: 'GET /jobs 503 x3', '… delay=2s', '… delay=service', '… reset', '… truncate'; repeatable",
  },
  { flag: '--serial', type: 'flag', help: 'Answer one request at a time, as the service does' },
  {
    flag: '--credentials-last',
    type: 'duration',
    placeholder: 'TIME',
    help: 'How long credentials of its S3 last; 1 h unless given',
  },
  { flag: '--state', type: 'path', placeholder: 'FILE', help: 'Keep the records in this file' },
  { flag: '--seed', type: 'path', placeholder: 'FILE', help: 'Records to start with (JSON)' },
  { flag: '--ready-file', type: 'path', placeholder: 'FILE', help: 'Write the JSON object there in place of stdout' },
] as const satisfies readonly OptionDefinition[]

export const mock: CommandDefinition = {
  name: 'mock',
  heading: 'Tests and scripts',
  summary: 'Run an IMS of your own, for tests',
  about: [
    'Serves the whole API on loopback, with jobs that move through their statuses. A job that waits for its user has an SSH server, and kubectl finds its pod. With a COMMAND it runs that, configured for it, and ends with its exit code; otherwise it prints one JSON object (url, configDir, caFile, kubeconfig, tokenFile, curlConfig, pid) and serves until SIGTERM, SIGINT or SIGHUP.',
    'Every request needs a token, which is new for each run. The ready-made configuration and kubeconfig have it; curl --config takes it from curlConfig.',
  ],
  arguments: [{ name: 'COMMAND', help: 'Command to run against it, after --', optional: true, many: true, complete: 'command' }],
  options: mockOptions,
  examples: [{ line: "cray-ims mock --tls -- sh -c 'cray-ims recipes list'", does: 'A smoke test in one line' }],
  passThrough: true,
}

/** What the exit codes mean, in the order of the codes. */
export const exitCodes = [
  { code: '0', means: 'Done' },
  { code: '1', means: 'The job failed, something is missing or differs, or a question was not answered' },
  { code: '2', means: "The command line, the configuration, the credentials, the network, or the server's error" },
  { code: '3', means: 'A time limit passed; the job keeps running' },
  { code: '4', means: '--query found nothing' },
  { code: '129, 130, 143', means: 'Interrupted; the job keeps running' },
  { code: '255', means: 'No SSH connection' },
] as const

import { expect, test } from 'vitest'
import { reasonsOf } from '../../src/kubernetes/failed-log.ts'
import { failureLines } from '../../src/kubernetes/failure-lines.ts'

const fetch = 'INFO:/opt/pylib/ims_python_helper/fetch.py:'
const logged = (text: string, level = 'INFO   ', time = '22:51:43,581') => `2026-11-25 ${time} - ${level} - __main__ - ${text}`
const kiwi = (text: string, level = 'INFO    ') => `[ ${level}]: 22:51:52 | ${text}`
const echoed = (text: string) => [`+ echo '${text}'`, text]

/** What follows a failure in each container: a trace, then the job's record. */
const statusSet = (status: string) => [
  `+ set_job_status ${status}`,
  `+ local status=${status}`,
  `+ python3 -m ims_python_helper image set_job_status 27ed ${status}`,
  `INFO:ims_python_helper:image_set_job_status: {{ims_job_id: 27ed, job_status: ${status}}}`,
  `INFO:ims_python_helper:PATCH https://api-gw-service-nmn.local/apis/ims/jobs/27ed status=${status}`,
  '{',
  '    "ims_job_record": {',
  '        "image_root_archive_name": "no-error: none",',
  `        "status": "${status}"`,
  '    },',
  '    "result": "success"',
  '}',
  '+ [[ 0 -ne 0 ]]',
  '+ exit 1',
]

const artifact = 'Error: Image artifact /mnt/image/build/image-root/boot/vmlinuz does not exist or is not a regular file.'
const unresolvable = kiwi(
  'KiwiInstallPhaseFailed: System package installation failed: Problem: nothing provides cray-cps-utils',
  'ERROR   ',
)
const kiwiFailed = [...echoed('ERROR: Kiwi reported a build error.'), '+ touch /mnt/image/build_failed', '+ exit 0']
const late = (time: string) => logged("HTTPSConnectionPool(host='packages.local', port=443): Read timed out.", 'WARNING', time)
const missing =
  'WARNING:/opt/pylib/ims_python_helper/fetch.py:Error 404 Client Error: Not Found for url: http://rgw/r downloading http://rgw/r'
const again = 'WARNING:/opt/pylib/ims_python_helper/fetch.py:Sleeping 10 sec and trying again...'

test.each<[what: string, log: string[], reasons: string[]]>([
  ['a script that echoes an error under a trace', ['+ [[ ! -f /boot/vmlinuz ]]', ...echoed(artifact), ...statusSet('error')], [artifact]],
  ['kiwi, not what follows from it', [kiwi('Preparing new root system'), unresolvable, '+ RC=1', ...kiwiFailed], [unresolvable]],
  ['kiwi alone where it says no more', [kiwi('Result files:'), ...kiwiFailed], ['ERROR: Kiwi reported a build error.']],
  [
    'a process that was killed',
    ['/scripts/entrypoint.sh: line 120:    41 Killed                  kiwi-ng --type tbz', '+ RC=137', ...kiwiFailed],
    ['/scripts/entrypoint.sh: line 120:    41 Killed                  kiwi-ng --type tbz', 'ERROR: Kiwi reported a build error.'],
  ],
  [
    'packages that are called after errors',
    [
      kiwi('--> Installing: perl-Error-0.17025-1.20.noarch [done]'),
      kiwi('--> Installing: libgpg-error0-1.47.x86_64 [done]'),
      unresolvable,
      ...kiwiFailed,
    ],
    [unresolvable],
  ],
  [
    '… also where nothing else is found',
    [kiwi('--> Installing: perl-Error-0.17025-1.20.noarch [done]'), kiwi('Result files:')],
    [kiwi('--> Installing: perl-Error-0.17025-1.20.noarch [done]'), kiwi('Result files:')],
  ],
  [
    'a recipe without repositories, which is only information',
    [
      logged("Setting job status to 'waiting_for_repos'"),
      logged('No matching http(s) repos found. Exiting.'),
      logged("Setting job status to 'error'"),
      logged("Result of setting job status: {'status': 'error'}"),
    ],
    [logged('No matching http(s) repos found. Exiting.')],
  ],
  [
    'a recipe without its file',
    [logged("Setting job status to 'waiting_for_repos'"), '/mnt/image/recipe/config.xml does not exist.'],
    ['/mnt/image/recipe/config.xml does not exist.'],
  ],
  [
    'repositories that do not answer: why, once',
    [
      late('22:51:43,581'),
      logged('Sleeping for 10 seconds'),
      late('22:51:53,600'),
      logged('Repos failed to be ready before timeout'),
      logged("Setting job status to 'error'"),
    ],
    [late('22:51:53,600'), logged('Repos failed to be ready before timeout')],
  ],
  [
    'a download that is not there: why, once',
    [
      `${fetch}IMS_JOB_ID=27ed`,
      missing,
      again,
      missing,
      again,
      'ERROR:/opt/pylib/ims_python_helper/fetch.py:Failed to download http://rgw/r after 20 tries.',
      `${fetch}Done`,
    ],
    [missing, 'ERROR:/opt/pylib/ims_python_helper/fetch.py:Failed to download http://rgw/r after 20 tries.'],
  ],
  [
    'an exception, without its frames',
    [
      'ERROR:/opt/pylib/ims_python_helper/fetch.py:Error unhandled exception while fetching recipe.',
      'Traceback (most recent call last):',
      '  File "/scripts/fetch.py", line 352, in run',
      '    self.untar_recipe()',
      'tarfile.ReadError: not a gzip file',
      `${fetch}Done`,
    ],
    ['ERROR:/opt/pylib/ims_python_helper/fetch.py:Error unhandled exception while fetching recipe.', 'tarfile.ReadError: not a gzip file'],
  ],
  [
    'an exception by its place, whatever it is called',
    ['Traceback (most recent call last):', '  File "/scripts/x.py", line 1, in <module>', '    main()', 'NoSuchRecipe: sles15', 'bye'],
    ['NoSuchRecipe: sles15'],
  ],
  [
    'an exception in dotted modules, without a word',
    ['Traceback (most recent call last):', '  File "/scripts/x.py", line 1', 'xml.etree.ElementTree.ParseError'],
    ['xml.etree.ElementTree.ParseError'],
  ],
  [
    'an exception after another',
    [
      'Traceback (most recent call last):',
      '  File "a.py", line 1',
      'OSError: [Errno 111] Connection refused',
      '',
      'During handling of the above exception, another exception occurred:',
      '',
      'Traceback (most recent call last):',
      '  File "b.py", line 2',
      "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='rgw', port=443): Max retries exceeded",
    ],
    [
      'OSError: [Errno 111] Connection refused',
      "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='rgw', port=443): Max retries exceeded",
    ],
  ],
  [
    'a full volume, which a plain line tells',
    [
      'Write failed because No space left on device',
      'FATAL ERROR: Failed to write to output filesystem',
      ...echoed('Error: Creating squashfs of image root return_code = 1'),
      ...statusSet('error'),
    ],
    ['Write failed because No space left on device', 'FATAL ERROR: Failed to write to output filesystem'],
  ],
  [
    'an upload that failed, which only the record tells',
    [
      '{',
      '    "error": "Failed to upload rootfs: 403 Forbidden",',
      '    "result": "failure"',
      '}',
      ...echoed('Error: Uploading and registering IMS artifacts return_code = 1'),
      ...statusSet('error'),
    ],
    ['Error: Failed to upload rootfs: 403 Forbidden'],
  ],
  [
    'a record that is cut off',
    ['        "error": "x",', '    },', '    "result": "success"', '}', 'Error: out of luck'],
    ['Error: out of luck'],
  ],
  [
    'an error that goes on in the next line',
    ['error: Failed dependencies:', '\tlibfoo.so.1 is needed by bar-1.0', 'done'],
    ['error: Failed dependencies:', 'libfoo.so.1 is needed by bar-1.0'],
  ],
  [
    'a problem of zypper',
    ['Resolving package dependencies...', "Problem: 1: nothing provides 'a' needed by b", ' Solution 1: do not install b'],
    ["Problem: 1: nothing provides 'a' needed by b"],
  ],
  [
    'a program without a mark',
    ['curl: (6) Could not resolve host: packages.local', 'bye'],
    ['curl: (6) Could not resolve host: packages.local'],
  ],
  [
    'a shell that misses a command',
    ['+ foo', '/scripts/entrypoint.sh: line 7: foo: command not found', ...statusSet('error')],
    ['/scripts/entrypoint.sh: line 7: foo: command not found'],
  ],
  [
    'of many the first ones, and the last',
    [1, 2, 3, 4, 5].map((at) => `dracut-install: ERROR: installing '${at}'`).concat(unresolvable),
    ["dracut-install: ERROR: installing '1'", "dracut-install: ERROR: installing '2'", unresolvable],
  ],
  [
    'nothing found: its last lines, without traces and records',
    ['one', 'two', 'three', 'four', ...statusSet('error')],
    ['two', 'three', 'four'],
  ],
])('%s', (_, log, reasons) => {
  expect(reasonsOf({ container: 'c', lines: log.slice(-200), ...failureLines(log) }, 3)).toEqual(reasons)
})

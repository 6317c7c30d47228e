import type { Job } from '../records.ts'
import { clockText, echoed, logged, statusAsked, statusLogged, statusSet, type Line } from './log-lines.ts'

/** A script: what is written while all goes well, and what at either end. Source: what real containers print. */
export interface Script {
  readonly body: readonly Line[]
  readonly well: readonly Line[]
  readonly badly: readonly Line[]
}

/** What an init container writes. */
export function scriptOf(container: string, job: Job): Script {
  switch (container) {
    case 'fetch-recipe':
      return fetchScript(job, {
        status: 'fetching_recipe',
        what: 'recipe',
        url: `http://rgw-vip.nmn/ims/recipes/${job.artifact_id}/recipe.tar.gz?AWSAccessKeyId=REDACTED&Signature=REDACTED`,
        file: '/mnt/image/recipe/recipe.tgz',
        unpack: ['Uncompressing recipe into /mnt/image/recipe'],
        done: ['Templating recipe', 'The recipe does not need to be templated.'],
        error: 'tarfile.ReadError: not a gzip file',
      })
    case 'wait-for-repos':
      return reposScript(job)
    case 'build-ca-rpm':
      return {
        body: ['cray_ca_cert-1.0.1/', 'Executing(%prep): /bin/sh -e /var/tmp/rpm-tmp.pgDBLk'],
        well: ['Wrote: /root/rpmbuild/RPMS/noarch/cray_ca_cert-1.0.1-1.noarch.rpm'],
        badly: [],
      }
    case 'prepare':
      return fetchScript(job, {
        status: 'fetching_image',
        what: 'image',
        url: `http://rgw-vip.nmn/boot-images/${job.artifact_id}/rootfs?AWSAccessKeyId=REDACTED&Signature=REDACTED`,
        file: '/mnt/image/image.sqsh',
        unpack: ['Deleting signal files', 'Uncompressing image into /mnt/image'],
        done: [],
        error: "OSError: [Errno 28] No space left on device: '/mnt/image/image-root/usr'",
      })
    default:
      return buildScript(job)
  }
}

interface Fetch {
  readonly status: 'fetching_recipe' | 'fetching_image'
  readonly what: 'recipe' | 'image'
  readonly url: string
  readonly file: string
  readonly unpack: readonly string[]
  readonly done: readonly string[]
  /** What ends a fetch that crashes. */
  readonly error: string
}

const tries = 20

function fetchScript(job: Job, { status, what, url, file, unpack, done, error }: Fetch): Script {
  const says = (text: string, level = 'INFO') => `${level}:/opt/pylib/ims_python_helper/fetch.py:${text}`
  const begin = [
    says(`IMS_JOB_ID=${job.id}`),
    says(`Setting job status to '${status}'.`),
    ...statusAsked(job, status),
    says(`Fetching ${what} ${url}`),
    says(`Saving file as '${file}'`),
  ]
  const cleaned = [says(`Deleting compressed ${what} ${file}`), says('Done')]
  if (job.mock?.ends === 'fetch-fails') {
    const once = [
      says(`Error 404 Client Error: Not Found for url: ${url} downloading ${url}`, 'WARNING'),
      says('Sleeping 10 sec and trying again...', 'WARNING'),
    ]
    const over = says(`Failed to download ${url} after ${tries} tries.`, 'ERROR')
    return {
      body: [...begin, ...Array.from({ length: tries }, () => once).flat()],
      well: [],
      badly: [over, ...statusAsked(job, 'error'), says('Done')],
    }
  }
  const fetched = [
    says('File download complete.'),
    says('Verifying md5sum of the downloaded file.'),
    says('Successfully verified the md5sum of the downloaded file.'),
    ...unpack.map((text) => says(text)),
  ]
  const step = what === 'recipe' ? 'untar_recipe' : 'unsquash_image'
  return {
    body: [...begin, ...fetched],
    well: [...done.map((text) => says(text)), ...cleaned],
    badly:
      job.mock?.ends === 'killed'
        ? []
        : [
            says(`Error unhandled exception while fetching ${what === 'recipe' ? 'recipe' : 'image root'}.`, 'ERROR'),
            'Traceback (most recent call last):',
            '  File "/scripts/fetch.py", line 352, in run',
            `    self.${step}()`,
            `  File "/scripts/fetch.py", line 281, in ${step}`,
            error,
            ...statusAsked(job, 'error'),
            ...cleaned,
          ],
  }
}

const repositories = ['https://packages.local/repository/cos-sle-15', 'https://packages.local/repository/SUSE-SLE-Module-Basesystem']

function reposScript(job: Job): Script {
  const begin = statusLogged(job, 'waiting_for_repos')
  const failed = statusLogged(job, 'error')
  const found = logged(`Recipe contains the following repos: [${repositories.map((url) => `'${url}'`).join(', ')}]`)
  const attempt = (url: string) => logged(`Attempting to get ${url}/repodata/repomd.xml`)
  switch (job.mock?.ends) {
    case 'no-config':
      return { body: begin, well: [], badly: ['/mnt/image/recipe/config.xml does not exist.'] }
    case 'no-repos':
      return { body: begin, well: [], badly: [logged('No matching http(s) repos found. Exiting.'), ...failed] }
    case 'repos-fail': {
      const late = logged("HTTPSConnectionPool(host='packages.local', port=443): Read timed out. (read timeout=10)", 'WARNING')
      const round = [attempt(repositories[0]!), late, attempt(repositories[1]!), late, logged('Sleeping for 10 seconds')]
      return {
        body: [...begin, found, ...Array.from({ length: 16 }, () => round).flat()],
        well: [],
        badly: [logged('Repos failed to be ready before timeout'), ...failed],
      }
    }
    default: {
      const answers = (url: string) => logged(`200 response getting ${url}/repodata/repomd.xml`)
      return { body: [...begin, found, ...repositories.map(attempt)], well: repositories.map(answers), badly: failed }
    }
  }
}

const packages = [
  'filesystem-15.0-11.8.1',
  'glibc-2.38-150600.14.11.2',
  'bash-4.4-150400.25.22',
  'coreutils-8.32-150400.9.3.1',
  'openssl-3.1.4-150600.5.24.1',
  'ca-certificates-2+git20240805',
  'systemd-254.18-150600.4.15.10',
  'dracut-059+suse.531',
  'kernel-default-6.4.0-150600.23.47.2',
  'squashfs-4.6.1-150300.3.3.1',
  'openssh-9.6p1-150600.6.15.2',
  'rsync-3.2.7-150600.3.8.1',
  'vim-9.1.1176-150500.20.24.2',
  'python3-3.6.15-150300.10.81.1',
  'chrony-4.1-150400.21.5.7',
  'iproute2-6.4-150600.7.6.1',
]

/** A line of kiwi. */
export const kiwi =
  (text: string, level = 'INFO'): Line =>
  (time) =>
    `[ ${level.padEnd(8)}]: ${clockText(time)} | ${text}`

/** What ends a build that fails. */
export const buildError = "KiwiInstallPhaseFailed: System package installation failed: No provider of 'cos-libs' found."

const buildArguments =
  '--logfile=/mnt/image/kiwi.log --type tbz system build --description /mnt/image/recipe --target /mnt/image --add-bootstrap-package file:///mnt/ca-rpm/cray_ca_cert-1.0.1-1.noarch.rpm'

function buildScript(job: Job): Script {
  const debug = job.enable_debug ? 'True' : 'False'
  const failed = (code: number): Line[] => [
    `+ RC=${code}`,
    `+ [[ ${code} -ne 0 ]]`,
    ...echoed('ERROR: Kiwi reported a build error.'),
    '+ touch /mnt/image/build_failed',
    '+ exit 0',
  ]
  const killed: Line[] = [`/scripts/entrypoint.sh: line 120:    41 Killed                  kiwi-ng ${buildArguments}`, ...failed(137)]
  const wrong: Line[] = [kiwi('Resolving package dependencies...'), kiwi(buildError, 'ERROR'), ...failed(1)]
  const endings: Partial<Record<string, readonly Line[]>> = { 'out-of-memory': killed, killed: [] }
  return {
    body: [
      '+ echo on',
      'on',
      '+ RECIPE_ROOT_PARENT=/mnt/image/recipe',
      '+ IMAGE_ROOT_PARENT=/mnt/image',
      '+ PARAMETER_FILE_BUILD_FAILED=/mnt/image/build_failed',
      '+ PARAMETER_FILE_KIWI_LOGFILE=/mnt/image/kiwi.log',
      '+ CA_CERT=/etc/cray/ca/certificate_authority.crt',
      '+ [[ -e /etc/cray/ca/certificate_authority.crt ]]',
      '+ cp /etc/cray/ca/certificate_authority.crt /usr/share/pki/trust/anchors/.',
      '+ update-ca-certificates',
      '+ RC=0',
      '+ [[ 0 -ne 0 ]]',
      ...echoed('Setting ims job status to building_image'),
      `+ python3 -m ims_python_helper image set_job_status ${job.id} building_image`,
      ...statusSet(job, 'building_image'),
      '+ DEBUG_FLAGS=',
      `++ echo ${debug}`,
      "++ tr '[:upper:]' '[:lower:]'",
      `+ [[ ${debug.toLowerCase()} = \\t\\r\\u\\e ]]`,
      '+ run_local_build',
      ...echoed('Calling kiwi-ng build...'),
      '+ [[ -d /etc/cray/signing-keys ]]',
      `+ kiwi-ng ${buildArguments}`,
      kiwi('Loading XML description'),
      kiwi('--> loaded /mnt/image/recipe/config.xml'),
      kiwi('--> Selected build type: tbz'),
      kiwi('Preparing new root system'),
      kiwi('Setup root directory: /mnt/image/build/image-root'),
      ...repositories.flatMap((url, index) => [kiwi(`Setting up repository ${url}`), kiwi(`--> Alias: repo-${index + 1}`)]),
      kiwi('Installing bootstrap packages'),
      ...packages.map((name) => kiwi(`--> Installing: ${name}.${job.arch} [done]`)),
      kiwi('Installing system (chroot) for build type: tbz'),
    ],
    well: [
      kiwi('Creating XZ compressed tar archive'),
      kiwi('Export rpm packages metadata'),
      kiwi('Result files:'),
      '+ RC=0',
      '+ [[ 0 -ne 0 ]]',
      '+ exit 0',
    ],
    badly: endings[job.mock?.ends ?? ''] ?? wrong,
  }
}

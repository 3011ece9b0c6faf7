import type { Place } from '../../capabilities/deploy-target.ts';
import type { PlaceConfig } from './identity.ts';
import { quoted, quotedAll } from './quote.ts';

/*
 * What is run on the host, as text for a POSIX shell. Everything that comes from outside is quoted; nothing that is secret stands in it: variables
 * lie in the file env.
 *
 *   <directory>/<name>-<side>/
 *     wanted       digest, config version and seconds of the host's clock at the start, of what was asked for last
 *     env          its variables, 0600
 *     failed       why it could not be started
 *     current      link to releases/<run>
 *     releases/    arriving/    lock
 */

export const BUSY = 75;
export const MISMATCH = 65;
export const TIMED_OUT = 124;
/** All that is said where a command has nothing to run beside. */
export const NOTHING_THERE = 'signalbox: nothing was brought there';
/** Old releases that stay, so that going back needs no upload. */
const KEPT_RELEASES = 3;
const LOCK_WAIT_SECONDS = 5;
const STATUS_SECONDS = 5;
const START_SECONDS = 60;

export interface Asked {
  run: string;
  digest: string;
  configVersion: string;
  token: string;
}

const prelude = (directory: string, { side }: Place, config: PlaceConfig) => {
  const fill = (words: readonly string[]) =>
    quotedAll(words.map((word) => word.replaceAll('{side}', side).replaceAll('{directory}', directory)));
  return `umask 077
place=${quoted(directory)}
# The lock is not handed on: what a service inherits it keeps for as long as it runs.
with_env() { (
  if [ -f "$place/env" ]; then set -a; . "$place/env"; set +a; fi
  cd "$place/current" 2>/dev/null || cd "$place" || exit 126
  exec "$@" </dev/null 9>&-
) }
status() { with_env timeout -k 1 ${STATUS_SECONDS} ${fill(config.status)} >/dev/null 2>&1; }
runs() { status; case $? in 0|75) return 0;; *) return 1;; esac; }
start() { with_env timeout -k 1 ${START_SECONDS} ${fill(config.start)}; }
stop() { with_env timeout -k 1 "$1" ${fill(config.stop)} >/dev/null 2>&1; }
force() { ${config.kill === undefined ? ':' : `with_env ${fill(config.kill)} >/dev/null 2>&1`}; }
locked() {
  mkdir -p "$place/arriving" "$place/releases" || exit 73
  exec 9>"$place/lock" || exit 73
  flock -w ${LOCK_WAIT_SECONDS} 9 || exit ${BUSY}
}
# Ends what runs: asks, waits for so many seconds, forces. Success = nothing runs. What was brought is asked even when it does not run: it may be
# about to be started again.
end() {
  [ -f "$place/wanted" ] || runs || return 0
  stop "$1"
  left=$(( $1 * 5 ))
  while runs && [ "$left" -gt 0 ]; do sleep 0.2; left=$((left - 1)); done
  runs || return 0
  force
  left=10
  while runs && [ "$left" -gt 0 ]; do sleep 0.2; left=$((left - 1)); done
  ! runs
}
begin() {
  rm -f "$place/failed"
  start >"$place/start.log" 2>&1; code=$?
  [ "$code" -eq 0 ] || { printf '%s' "the start command ended with exit code $code" >"$place/failed.new" && mv -f "$place/failed.new" "$place/failed"; }
}
`;
};

/** Prints one line per fact: `wanted`, `age`, `failed`, `status`. */
export const lookScript = (directory: string, place: Place, config: PlaceConfig): string => `${prelude(directory, place, config)}
cd "$place" 2>/dev/null || exit 0
if [ -f wanted ]; then
  read -r digest version since <wanted
  echo "wanted $digest $version"
  echo "age $(( $(date +%s) - since ))"
fi
if [ -f failed ]; then echo "failed $(cat failed)"; fi
status; echo "status $?"
`;

/** Whether the release is there already; makes room for what arrives. */
export const prepareScript = (directory: string, run: string): string => `umask 077
mkdir -p ${quoted(`${directory}/arriving`)} ${quoted(`${directory}/releases`)} || exit 73
# What broke off while it arrived, a day ago or more, arrives no more.
find ${quoted(`${directory}/arriving`)} -mindepth 1 -maxdepth 1 -mtime +1 -exec rm -rf {} +
[ -d ${quoted(`${directory}/releases/${run}`)} ]
`;

/** Proves, unpacks, ends the old, switches, starts. Killed between any two lines, it is run again and goes on. */
export const installScript = (
  directory: string,
  place: Place,
  config: PlaceConfig,
  { run, digest, configVersion, token }: Asked,
): string => {
  const [hash, release, arriving] = [digest.replace(/^sha256:/, ''), quoted(`releases/${run}`), quoted(`arriving/${token}`)];
  return `${prelude(directory, place, config)}
locked
cd "$place" || exit 73
trap 'rm -rf ${arriving} ${arriving}.tar.gz ${arriving}.env ${arriving}.link' EXIT
if [ ! -d ${release} ]; then
  [ "$(sha256sum <${arriving}.tar.gz | cut -d' ' -f1)" = ${quoted(hash)} ] || exit ${MISMATCH}
  mkdir ${arriving} && tar -xzf ${arriving}.tar.gz -C ${arriving} --no-same-owner || exit 74
  mv ${arriving} ${release} || exit 73
fi
touch ${release}
if [ -f wanted ]; then
  read -r was version since <wanted
  # Somebody else was faster.
  if [ "$was $version" = ${quoted(`${digest} ${configVersion}`)} ] && [ ! -f failed ]; then
    status && exit 0
    [ $(( $(date +%s) - since )) -gt ${Math.ceil(config.startWithinMs / 1000)} ] || exit 0
  fi
fi
end ${seconds(config.graceMs)} || { printf '%s' 'what ran before does not end' >failed; exit 0; }
mv -f ${arriving}.env env && ln -s ${release} ${arriving}.link && mv -T ${arriving}.link current || exit 73
echo ${quotedAll([`${digest} ${configVersion}`])}" $(date +%s)" >wanted.new && mv -f wanted.new wanted || exit 73
begin
ls -1t releases | tail -n +${KEPT_RELEASES + 2} | while read -r old; do rm -rf "releases/$old"; done
exit 0
`;
};

export const endScript = (
  directory: string,
  place: Place,
  config: PlaceConfig,
  graceMs: number,
): string => `${prelude(directory, place, config)}
[ -d "$place" ] || exit 0
locked
end ${seconds(graceMs)} || exit 0
cd "$place" && rm -f wanted env failed current start.log
exit 0
`;

export const besideScript = (directory: string, place: Place, config: PlaceConfig, command: readonly string[], timeoutMs: number): string =>
  `${prelude(directory, place, config)}
[ -f "$place/wanted" ] || { printf '%s' ${quoted(NOTHING_THERE)}; exit 1; }
with_env timeout -k 1 ${timeoutMs / 1000} ${quotedAll(command)}
`;

export const toolsScript = (directory: string): string => `umask 077
for tool in flock sha256sum tar gzip timeout; do command -v "$tool" >/dev/null || echo "The host lacks the program $tool."; done
mkdir -p ${quoted(directory)} 2>/dev/null && [ -w ${quoted(directory)} ] || echo 'The directory cannot be made or written to.'
`;

const seconds = (milliseconds: number) => Math.max(1, Math.ceil(milliseconds / 1000));

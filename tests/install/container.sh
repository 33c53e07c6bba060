# The container: built by buildah (there is no engine's daemon in this Debian), then run read-only as some user without
# a name, with the image's entry point, environment and volume. What runs it here is chroot: podman itself is not tried.
. /mnt/tests/install/steps
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends buildah curl netavark procps tar util-linux >/dev/null
export BUILDAH_ISOLATION=chroot
mkdir -p /srv/storage
buildah() { command buildah --storage-driver vfs --root /srv/storage/root --runroot /srv/storage/run "$@"; }

step "A base image is made of this Debian itself, as no registry of images is asked"
base=$(buildah from scratch)
tar -c -C / --one-file-system --exclude=./srv --exclude=./mnt --exclude=./proc --exclude=./sys --exclude=./dev . >/srv/base.tar
buildah add --quiet "$base" /srv/base.tar / >/dev/null
for name in SSL_CERT_FILE PIP_CERT NODE_EXTRA_CA_CERTS; do # where this machine's programs find their authorities
  [ -z "${!name:-}" ] || buildah config --env "$name=${!name}" "$base"
done
buildah commit --quiet "$base" localhost/base >/dev/null
rm /srv/base.tar

step "The image is built, within this machine's limits, of which buildah's own default may be more than it has"
(cd /mnt && buildah build --quiet --pull-never --build-arg DEBIAN=localhost/base --file deploy/Containerfile \
  --ulimit "nofile=$(ulimit -Hn)" --ulimit "nproc=$(ulimit -Hu)" \
  --ignorefile deploy/Containerfile.dockerignore --tag dialplane . >/srv/built 2>&1) || fail "$(tail -n 30 /srv/built)"
buildah inspect --type image --format '{{.OCIv1.Config.User}} {{.OCIv1.Config.Entrypoint}} {{.OCIv1.Config.Cmd}}' dialplane
container=$(buildah from --pull-never dialplane)
image=$(buildah mount "$container")

step "It runs read-only, as a user without a name, as process 1"
mkdir -m 1777 /srv/data
cd /srv
mapfile -t environment < <(buildah inspect --type image --format '{{range .OCIv1.Config.Env}}{{println .}}{{end}}' dialplane |
  grep .)
unshare --mount --pid --fork --kill-child bash -euc '
  mount --bind "$1" "$1"
  mount --bind /srv/data "$1/data"
  mount -t proc proc "$1/proc"
  mount -t tmpfs tmpfs "$1/dev"
  for device in null zero urandom random; do touch "$1/dev/$device"; mount --bind "/dev/$device" "$1/dev/$device"; done
  mkdir "$1/dev/shm"
  mount -t tmpfs -o mode=1777 shm "$1/dev/shm"
  mount -o remount,bind,ro "$1"
  image=$1
  shift
  exec env -i "$@" DIALPLANE_HTTP=127.0.0.1:18080 DIALPLANE_SIP=127.0.0.1:15060 DIALPLANE_DEMO=true \
    chroot "$image" /usr/bin/setpriv --reuid 4242 --regid 4242 --clear-groups --no-new-privs --bounding-set=-all \
    dialplane serve
' container "$image" "${environment[@]}" >/srv/said 2>&1 &
within 120 grep -q 'Answered by Bravo' /srv/said 
grep -q 'SIP' /srv/said
curl -sf http://127.0.0.1:18080/ui/ | grep --quiet '<div id="root">'
[ "$(stat -c %u /srv/data/dialplane.db)" = 4242 ]
[ "$(stat -c %a /srv/data/secrets)" = 700 ]

step "What Kamailio's death leaves behind is collected, and Kamailio is started again"
kamailio() { pgrep -u 4242 -o -x kamailio; }
runs_anew() { [ "$(kamailio)" != "$killed" ] && [ "$(pgrep -c -u 4242 -x kamailio)" -ge "$many" ]; }
leaves_nothing() { ! ps -u 4242 -o stat=,comm= | grep '^Z'; }
killed=$(kamailio)
many=$(pgrep -c -u 4242 -x kamailio)
kill -9 "$killed"
within 30 runs_anew
within 30 leaves_nothing
curl -sf http://127.0.0.1:18080/readyz >/dev/null

step "SIGTERM ends it in order"
inside=$(pgrep -f 'dialplane.serve$' | head -n 1)
kill -TERM "$inside"
within 30 grep -q 'Stopped' /srv/said

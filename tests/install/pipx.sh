# pipx: the wheel, built and installed by an ordinary user; it takes a call that fails over.
. /mnt/tests/install/steps
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends curl make pipx procps >/dev/null
useradd --create-home someone
cp -r /mnt /home/someone/project
chown -R someone /home/someone/project

step "pipx installs what was built from the project"
# shellcheck disable=SC2016
as_someone() { runuser -u someone -- env HOME=/home/someone PATH=/home/someone/.local/bin:/usr/bin:/bin "$@"; }
ended() { ! pgrep -u someone >/dev/null; }
stop() {
  kill "$(pgrep -u someone -o -f dialplane.serve)"
  within 60 ended
}
cd /home/someone/project
as_someone make wheel
as_someone pipx install dist/dialplane-*.whl 2>/dev/null
cd /home/someone

step "Without Kamailio it says what is missing, and how to install it"
as_someone dialplane serve --data data --http 127.0.0.1:18080 --sip 127.0.0.1:15060 --demo >said 2>&1 &
within 90 grep -q 'No calls are taken' said
grep -o 'env RUNLEVEL=1 apt-get install .*' said >command
within 60 curl -sf http://127.0.0.1:18080/readyz
curl -sf http://127.0.0.1:18080/ui/ | grep --quiet '<div id="root">'
stop

step "With it, a call fails over to the second carrier"
bash command >/dev/null 2>&1
as_someone dialplane serve --data data --http 127.0.0.1:18080 --sip 127.0.0.1:15060 --demo >said 2>&1 &
within 120 grep -q 'Answered by Bravo' said
stop

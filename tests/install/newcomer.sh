# A newcomer: a clone, the two commands that the README begins with, and how long each takes; then what a developer needs.
. /mnt/tests/install/steps
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends git make >/dev/null
cp -r /mnt /srv/origin
cd /srv/origin
git init --quiet
git add --all
git -c user.name=x -c user.email=x@localhost commit --quiet --message=x
git clone --quiet /srv/origin /srv/project
cd /srv/project
SECONDS=0
make run >said 2>&1 &
within 600 grep -q 'Answered by Bravo' said
step "make run, from a fresh clone: a call was answered by the second carrier"
within 60 grep -q 'Stop with Ctrl-C' said
grep -q 'Password' said
SECONDS=0
.venv/bin/dialplane call +447700900123 --data data >called
grep 'Answered by' called
step "dialplane call: a number whose first carrier says nothing"
kill %1
wait %1 || true
SECONDS=0
make setup >/dev/null 2>&1
step "make setup: what developers need besides"

# A newcomer: a clone, `make setup` and `make run` as the README has it, and how long that takes.
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
within 10 grep -q 'Password' said
kill %1
wait %1 || true
SECONDS=0
make setup >/dev/null 2>&1
step "make setup: what developers need besides"

# The Debian package: built, installed from nothing, then run under systemd (package.booted).
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends make python3-venv systemd systemd-sysv dbus curl procps >/dev/null
cp -r /mnt /srv/project
cd /srv/project
make deb
mv dist /srv/packages

echo "without Kamailio it is a control node; this one is to be more"
apt-get install -y -qq --no-install-recommends /srv/packages/dialplane_*.deb >/dev/null
dialplane version
[ ! -e /usr/sbin/kamailio ]
apt-get purge -y -qq dialplane >/dev/null
apt-get install -y -qq /srv/packages/dialplane_*.deb >/srv/installed

echo "the same with a higher version, for the upgrade"
dpkg-deb -R /srv/packages/dialplane_*.deb /srv/newer
sed -i 's/^Version: .*/Version: 999.0/' /srv/newer/DEBIAN/control
dpkg-deb -Znone --root-owner-group --build /srv/newer /srv/newer.deb >/dev/null
exec tests/install/booted tests/install/package.booted

# The Debian package: built, installed from nothing, then run under systemd (package.booted).
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends make python3-venv systemd systemd-sysv dbus curl procps >/dev/null
cp -r /mnt /srv/project
cd /srv/project
make deb
mv dist /srv/packages
apt-get install -y -qq /srv/packages/dialplane_*.deb >/srv/installed

echo "the same with a higher version, for the upgrade"
dpkg-deb -R /srv/packages/dialplane_*.deb /srv/newer
sed -i 's/^Version: .*/Version: 999.0/' /srv/newer/DEBIAN/control
dpkg-deb -Znone --root-owner-group --build /srv/newer /srv/newer.deb >/dev/null
exec tests/install/booted tests/install/package.booted

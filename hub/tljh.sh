#!/usr/bin/env bash
# Make a server with The Littlest JupyterHub (2.0 or newer) the hub of this course:
#   sudo git clone ADDRESS-OF-THE-REPOSITORY /srv/recurrent
#   sudo bash /srv/recurrent/hub/tljh.sh
# Call it again after each `sudo git -C /srv/recurrent pull`.
set -euo pipefail
[ "$(id -u)" = 0 ] || { echo "Run it as root: sudo bash $0"; exit 1; }
[ -d /opt/tljh ] || { echo "Install The Littlest JupyterHub first."; exit 1; }
here="$(cd "$(dirname "$0")" && pwd)"
course="$(dirname "$here")"
[ "$course" = /srv/recurrent ] || { echo "Clone the course to /srv/recurrent."; exit 1; }

# The packages of the lessons, and nbgitpuller, for all users.
/opt/tljh/user/bin/python -m pip install -r "$course/requirements.txt" nbgitpuller

# A course folder that all can read, nobody can change, and git can pull from.
chown -R root:root "$course"
chmod -R u=rwX,go=rX "$course"
git config --system --get-all safe.directory | grep -qxF "$course/.git" ||
  git config --system --add safe.directory "$course/.git"
ln -sfn "$course" /etc/skel/course  # new users find it in their home

# A lesson and its exercises, both open, need this much: see the table in README.md.
tljh-config set limits.memory 5G
tljh-config set limits.cpu 2 # as many threads are set in settings.py
tljh-config set user_environment.default_app jupyterlab
# Stop what nobody has used for an hour: its memory is free for others.
tljh-config set services.cull.enabled true
tljh-config set services.cull.timeout 3600
tljh-config set services.cull.every 300
install -m 644 "$here/settings.py" /opt/tljh/config/jupyterhub_config.d/recurrent.py
tljh-config reload

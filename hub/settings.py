"""JupyterHub's settings for this course, whatever starts the servers of the users.

On The Littlest JupyterHub it lies in jupyterhub_config.d; trial.py loads it, too.
"""

c = get_config()  # noqa: F821  (JupyterHub defines it)

c.Spawner.default_url = "/lab"
c.Spawner.start_timeout = c.Spawner.http_timeout = 180  # seconds: all start at once
c.Spawner.environment = {
    # Several students share a GPU: take its memory as it is needed. helpers/runtime.py
    # does the same for the lessons; this is for what students write themselves.
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    # As many threads as tljh.sh gives cores; else each kernel starts one per core.
    "TF_NUM_INTRAOP_THREADS": "2",
    "TF_NUM_INTEROP_THREADS": "2",
}
# Nobody changes the shared folder, whatever its permissions become.
c.SystemdSpawner.readonly_paths = ["/srv/recurrent"]

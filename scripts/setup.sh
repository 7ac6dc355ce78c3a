# Sourced by scripts/quickstart and scripts/test: makes .venv with the project and the extra named in $1, once per state of
# pyproject.toml. Uses uv when it is there, else Python's own venv and pip.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 1

setup() {
  local extra=$1 stamp
  stamp=".venv/.ready-$extra-$(cksum pyproject.toml | cut -d' ' -f1)"
  [ -e "$stamp" ] && return 0
  echo "Setting up .venv (extra: $extra); torch makes the first time take some minutes."
  if command -v uv >/dev/null 2>&1; then
    # uv does not read pip's configuration: a wheel folder set there (a CPU build of torch, say) is handed on.
    if [ -z "${UV_FIND_LINKS:-}" ] && command -v pip >/dev/null 2>&1; then
      UV_FIND_LINKS=$(pip config get global.find-links 2>/dev/null | tr '\n ' ',,' | sed 's/,*$//')
      [ -n "$UV_FIND_LINKS" ] && export UV_FIND_LINKS
    fi
    [ -d .venv ] || uv venv --quiet --python '>=3.11' .venv || return 1
    uv pip install --quiet --python .venv/bin/python --editable ".[$extra]" || return 1
  else
    local python
    python=$(find_python) || return 1
    [ -d .venv ] || "$python" -m venv .venv || return 1
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[$extra]" || return 1
  fi
  touch "$stamp"
}

find_python() {
  local candidate
  for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do
    if command -v "$candidate" >/dev/null 2>&1 && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
      echo "$candidate"
      return 0
    fi
  done
  echo "Python 3.11 or newer is needed and was not found on PATH." >&2
  return 1
}

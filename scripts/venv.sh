# Sourced by the scripts that need Python packages.

# ensure_venv FOLDER REQUIREMENTS: a virtual environment in FOLDER with exactly the packages of REQUIREMENTS.
# REQUIREMENTS names every package with its version, so pip resolves nothing. A stamp makes the second call free.
ensure_venv() {
    local folder=$1 requirements=$2 stamp wanted
    stamp=$folder/.landfall-stamp
    wanted=$(python3 --version; sha256sum <"$requirements")
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
        return
    fi
    echo "installing $requirements into $folder" >&2
    rm -rf "$folder"
    mkdir -p "$(dirname "$folder")"
    python3 -m venv "$folder"
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --no-deps -r "$requirements"
    printf '%s\n' "$wanted" >"$stamp"
}

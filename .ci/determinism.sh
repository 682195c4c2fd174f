#!/usr/bin/env bash
# Under several versions of Node: trains every learning agent, with plain kernels and with fused ones, and fails where a hash of its weights differs; hands plugins of
# every kind to every command of the packed program. Needs a built dist/. The versions come from the npm package "node", in a folder of their own.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

script=dist/scripts/bench/determinism.js
printf '== Node %s\n' "$(node --version)"
node "$script" | tee "$folder/here.txt"
mkdir "$folder/package"
npx tsx test/system/plugin-projects.ts "$folder/package"
for version in ${NODE_VERSIONS:-20 22 24 26}; do
  npm install --prefix "$folder/$version" --no-audit --no-fund --silent "node@$version"
  node="$folder/$version/node_modules/node/bin/node"
  printf '== Node %s\n' "$("$node" --version)"
  "$node" "$script" > "$folder/$version.txt"
  diff "$folder/here.txt" "$folder/$version.txt"
  echo 'The same hashes.'
  # Relaxed SIMD came with Node 22.
  if [ "$version" -ge 22 ]; then
    "$node" "$script" --kernels wasm-fma > "$folder/fused-$version.txt"
    [ -e "$folder/fused.txt" ] || cp "$folder/fused-$version.txt" "$folder/fused.txt"
    diff "$folder/fused.txt" "$folder/fused-$version.txt"
    echo 'The same hashes with fused kernels.'
  fi
  "$node" "$folder/package/user/every-command.mjs"
done

#!/bin/sh
# Build, test and scan the image of a repository, compare it with the base branch's, and tell GitHub: a job summary, one
# comment on the pull request, findings for code scanning. It works in the clone that it is started in.
# Wants: DEFINITION, LOCK (may be empty), FAIL_ON; ONLY_FIXED, COMPARE, COMMENT, SARIF (true or false); GITHUB_TOKEN,
# COMMENTER; of a pull request PULL_REQUEST, BASE_SHA and FROM_FORK (true or not); and what GitHub sets itself:
# GITHUB_API_URL, GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_SHA, GITHUB_REF, GITHUB_OUTPUT, GITHUB_STEP_SUMMARY.
set -eu
head=pull-request/head:latest base=pull-request/base:latest
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
chmod 700 "$work"
# What is built may print what it likes, and GitHub reads commands to the runner from any line of the log.
resume=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
echo "::stop-commands::$resume"
trap 'git worktree remove --force "$work/base" >/dev/null 2>&1 || true; rm -rf "$work"; echo "::$resume::"' EXIT

case "$DEFINITION:$LOCK" in
  /* | *:/*) echo "definition and lock are paths in the repository, not absolute ones"; exit 2 ;;
esac

code=0
: >"$work/rows"
: >"$work/more"
row() { printf '| %s | %s |\n' "$1" "$2" >>"$work/rows"; }
# A file as a folded block of the summary; nothing in it ends the block.
fold() {
  {
    printf '\n<details><summary>%s</summary>\n\n~~~~text\n' "$1"
    head -c 20000 "$2" | sed 's/~~~/---/g'
    printf '\n~~~~\n\n</details>\n'
  } >>"$work/more"
}
build() { nautiloid build --locked --no-test --tag "$1" ${LOCK:+--lock "$LOCK"} -- "$DEFINITION"; }

built=no
if build "$head" >"$work/build" 2>"$work/log"; then
  built=yes
  digest=$(sed -n '$s/.*@//p' "$work/build")
  row Image "built: \`$digest\`"
  { echo "image=$head"; echo "digest=$digest"; } >>"$GITHUB_OUTPUT"
else
  code=1
  row Image "**not built**"
  fold "Why it was not built" "$work/log"
fi
cat "$work/log" "$work/build"

if [ "$built" = yes ]; then
  # A test of its own: where no engine works this fails, while a build goes on.
  if nautiloid test "$head" >"$work/test" 2>&1; then row "Self-test" passed; else
    code=1
    row "Self-test" "**failed**"
  fi
  cat "$work/test"
  fold "Self-test" "$work/test"

  set -- --fail-on "$FAIL_ON"
  if [ "$ONLY_FIXED" = true ]; then set -- "$@" --only-fixed; fi
  found=none
  nautiloid db update >"$work/scan" 2>&1 || found=stale
  if [ "$found" = none ]; then nautiloid scan "$head" "$@" >"$work/scan" 2>&1 || found=$?; fi
  case "$found" in
    none) row "Known vulnerabilities" "none that counts is of severity $FAIL_ON or graver" ;;
    1) row "Known vulnerabilities" "**some that count are of severity $FAIL_ON or graver**" ;;
    stale) row "Known vulnerabilities" "**not looked for: the advisories could not be had**" ;;
    *) row "Known vulnerabilities" "**not all of it could be checked**" ;;
  esac
  if [ "$found" != none ]; then code=1; fi
  cat "$work/scan"
  fold "Known vulnerabilities" "$work/scan"
  if [ "$SARIF" = true ] && [ "${FROM_FORK:-}" = true ]; then
    row "Code scanning" "not told: a fork's pull request may not"
  elif [ "$SARIF" = true ]; then
    if nautiloid scan "$head" --format sarif -o "$work/scan.sarif" && python3 "$here/github.py" sarif "$work/scan.sarif"
    then row "Code scanning" "told"; else
      code=1
      row "Code scanning" "**could not be told**"
    fi
  fi
fi

# The base branch's image is built from its own lock, and only looked at: nothing of it is started.
compare() {
  if ! git cat-file -e "$BASE_SHA^{commit}" 2>/dev/null; then
    remote="$GITHUB_SERVER_URL/$GITHUB_REPOSITORY"
    printf '[http "%s"]\n\textraheader = Authorization: Basic %s\n' "$remote" \
      "$(printf 'x-access-token:%s' "$GITHUB_TOKEN" | base64 | tr -d '\n')" >"$work/gitconfig"
    git -c "include.path=$work/gitconfig" fetch --quiet --no-tags --depth 1 "$remote" "$BASE_SHA" || return 1
  fi
  git -c core.hooksPath=/dev/null worktree add --quiet --detach "$work/base" "$BASE_SHA" || return 1
  (cd "$work/base" && build "$base") && nautiloid compare "$base" "$head" --format markdown -o "$work/compare.md"
}
if [ "$built" = yes ] && [ "$COMPARE" = true ] && [ -n "${PULL_REQUEST:-}" ]; then
  if compare >"$work/base.log" 2>&1; then
    { printf '\n<details><summary>Compared with the base branch</summary>\n\n'; cat "$work/compare.md"
      printf '\n</details>\n'; } >>"$work/more"
  else
    row "Compared with the base branch" "not: its image could not be built"
    fold "Why there is nothing to compare with" "$work/base.log"
  fi
  cat "$work/base.log"
fi

{ printf '### Nautiloid: %s\n\n| | |\n|---|---|\n' "$(if [ "$code" -eq 0 ]; then echo passed; else echo failed; fi)"
  cat "$work/rows" "$work/more"; } >"$work/summary.md"
cat "$work/summary.md" >>"$GITHUB_STEP_SUMMARY"
if [ "$COMMENT" = true ] && [ -n "${PULL_REQUEST:-}" ]; then
  if [ "${FROM_FORK:-}" = true ]; then echo "no comment: a fork's pull request may not; see the job's summary"
  else python3 "$here/github.py" comment "$work/summary.md" || code=1; fi
fi
exit "$code"

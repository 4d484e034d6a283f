#!/bin/sh
# Refresh an image: update its lock, build, test, scan, sign, push, and ask for the lock to be merged. It works in the
# clone that it is started in; where there is none, it makes one.
# Wants: DEFINITION, LOCK, IMAGE, NAME, MIN_AGE, FAIL_ON, BASE, SIGN (yes or no), GITHUB_REPOSITORY, GITHUB_TOKEN, and
# where the usual will not do: GITHUB_API_URL, GIT_REMOTE, MAX_DB_AGE, IGNORE_FILE.
set -eu
: "${GITHUB_API_URL:=https://api.github.com}" "${GIT_REMOTE:=https://github.com/$GITHUB_REPOSITORY}"
: "${MAX_DB_AGE:=2d}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# From here on everything it writes, secrets among them, is ours alone; what goes into the image has its own modes.
chmod 700 "$work"

# The token goes through a file of ours, so that no process list shows it.
printf '[http "%s"]\n\textraheader = Authorization: Basic %s\n' "$GIT_REMOTE" \
  "$(printf 'x-access-token:%s' "$GITHUB_TOKEN" | base64 | tr -d '\n')" >"$work/gitconfig"
if [ ! -e .git ]; then
  git -c "include.path=$work/gitconfig" clone --quiet --branch "$BASE" "$GIT_REMOTE" "$work/repository"
  cd "$work/repository"
fi

nautiloid db update
code=0
nautiloid update "$DEFINITION" --lock "$LOCK" --min-age "$MIN_AGE" --apply --check --notes "$work/notes.md" || code=$?
case "$code" in
  0) exit 0 ;; # nothing to update
  3) ;;
  *) exit "$code" ;;
esac

# The image gets its name only when its self-test passes.
tag=$(date -u +%Y%m%d-%H%M)
nautiloid build "$DEFINITION" --lock "$LOCK" --locked --tag "$IMAGE:$tag" >"$work/build"
cat "$work/build"
digest=$(sed -n '$s/.*@//p' "$work/build")
nautiloid scan "$IMAGE:$tag" --only-fixed --fail-on "$FAIL_ON" --max-db-age "$MAX_DB_AGE" \
  ${IGNORE_FILE:+--ignore-file "$IGNORE_FILE"}
nautiloid push "$IMAGE:$tag"
if [ "$SIGN" = yes ]; then
  cosign sign --yes ${COSIGN_KEY:+--key "$COSIGN_KEY"} "$IMAGE@$digest"
fi

branch="nautiloid/refresh-$NAME"
git switch --quiet --force-create "$branch"
git add -- "$LOCK"
{ echo "Refresh $NAME"; echo; cat "$work/notes.md"; echo; echo "Image: $IMAGE:$tag@$digest"; } >"$work/message"
git -c user.name=nautiloid -c user.email=nautiloid@users.noreply.github.com \
  commit --quiet --cleanup=whitespace --file "$work/message"
git -c "include.path=$work/gitconfig" push --quiet --force "$GIT_REMOTE" "$branch"

BRANCH=$branch MESSAGE=$work/message python3 -c '
import json, os
title, _, body = open(os.environ["MESSAGE"], encoding="utf-8").read().partition("\n")
print(json.dumps({"title": title, "body": body.strip(), "head": os.environ["BRANCH"], "base": os.environ["BASE"]}))
' >"$work/pull"
printf 'header = "Authorization: Bearer %s"\n' "$GITHUB_TOKEN" >"$work/curl"
status=$(curl --config "$work/curl" --silent --show-error --request POST --data "@$work/pull" --output "$work/answer" \
  --header "Accept: application/vnd.github+json" --header "Content-Type: application/json" \
  --write-out '%{http_code}' "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/pulls")
case "$status" in
  201) echo "opened a pull request for $branch" ;;
  422) grep -q "already exists" "$work/answer" || { cat "$work/answer"; exit 1; }
       echo "the pull request for $branch is open already; it has the new lock now" ;;
  *) cat "$work/answer"; exit 1 ;;
esac

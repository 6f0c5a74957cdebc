# shellcheck shell=bash disable=SC2154 # the scripts that source this file set project, bucket, region and dry_run
# What cloud_offload/deploy.sh and training/cloud/train.sh share: their help, the checks of their arguments, and gcloud.

# Prints the head of the script: usage EXIT_CODE
usage() {
    sed -n '2,/^set /s/^# \{0,1\}//p' "$0"
    exit "$1"
}

wrong() {
    echo "$1" >&2
    exit 2
}

check_arguments() {
    [[ $project =~ ^[a-z][a-z0-9-]{4,28}[a-z0-9]$ ]] || wrong "not a project's id: $project"
    [[ $bucket =~ ^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$ ]] || wrong "not a bucket's name: $bucket"
    # Most of all, it must not be an option that follows --region
    [[ $region =~ ^[a-z]+-[a-z]+[0-9]+$ ]] || wrong "--region wants a name such as europe-west3, not: $region"
}

need_gcloud() {
    $dry_run || command -v gcloud > /dev/null || {
        echo "gcloud is missing: https://cloud.google.com/sdk/docs/install" >&2
        exit 1
    }
}

# Prints the command; runs it unless --dry-run.
run() {
    printf '+'
    printf ' %q' "$@"
    printf '\n'
    $dry_run || "$@"
}

# Whether something exists already; with --dry-run nothing does.
exists() {
    ! $dry_run && "$@" > /dev/null 2>&1
}

# Makes a service account unless it is there: make_account NAME
make_account() {
    exists gcloud iam service-accounts describe "$1@$project.iam.gserviceaccount.com" --project="$project" ||
        run gcloud iam service-accounts create "$1" --project="$project" --display-name="$1"
}

# A role of an account for the objects below a folder of the bucket: grant MAIL ROLE FOLDER TITLE
grant() {
    local below="resource.name.startsWith(\"projects/_/buckets/$bucket/objects/$3\")"
    run gcloud storage buckets add-iam-policy-binding "gs://$bucket" --project="$project" \
        --member="serviceAccount:$1" --role="roles/$2" --condition="title=$4,expression=$below"
}

# The right to list the bucket, which no condition can limit to names of objects: let_list MAIL
let_list() {
    run gcloud storage buckets add-iam-policy-binding "gs://$bucket" --project="$project" \
        --member="serviceAccount:$1" --role=roles/storage.legacyBucketReader --condition=None
}

#!/usr/bin/env bash
# Makes everything that babycryd's offload needs in Google Cloud, or brings it up to date. Safe to run again.
#
#   cloud_offload/deploy.sh PROJECT BUCKET DEVICE_ID [--region REGION] [--dry-run]
#   cloud_offload/deploy.sh PROJECT BUCKET DEVICE_ID --delete [--region REGION] [--dry-run]
#
# Makes: the bucket (uniform access, no public access, recordings deleted after a day, answers after two), an account for
# the function (reads and deletes recordings, creates answers, reads models/), an account for the Pi (creates recordings
# of this device, reads its answers; nothing else), a key for it, and the function. --dry-run prints each command and runs
# none.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=cloud_offload/gcloud.sh
. "$here/gcloud.sh"

project='' bucket='' device='' region=europe-west3 dry_run=false delete=false
while [ $# -gt 0 ]; do
    case $1 in
        --region) region=${2-}; shift $(($# > 1)) ;;
        --dry-run) dry_run=true ;;
        --delete) delete=true ;;
        -h | --help) usage 0 ;;
        -*) echo "unknown option: $1" >&2; usage 2 ;;
        *)
            if [ -z "$project" ]; then project=$1; elif [ -z "$bucket" ]; then bucket=$1;
            elif [ -z "$device" ]; then device=$1; else echo "one argument too many: $1" >&2; usage 2; fi ;;
    esac
    shift
done
[ -n "$device" ] || usage 2
[[ $device =~ ^[a-z0-9_-]{1,64}$ ]] || wrong "DEVICE_ID must be up to 64 of a-z, 0-9, _ and -: $device"
check_arguments
need_gcloud

function_account=babycryd-function pi_account=babycryd-pi
function_mail=$function_account@$project.iam.gserviceaccount.com pi_mail=$pi_account@$project.iam.gserviceaccount.com
key_file=babycryd-offload-key.json

# Whether there is something to delete; with --dry-run there is.
present() {
    $dry_run || "$@" > /dev/null 2>&1
}

# Whether the key file here is that of the Pi's account, and not of another project.
key_is_here() {
    [ -e "$key_file" ] && grep -q -F "\"$pi_mail\"" "$key_file"
}

delete_all() {
    local mail
    if present gcloud functions describe score-recording --gen2 --project="$project" --region="$region"; then
        run gcloud functions delete score-recording --gen2 --project="$project" --region="$region" --quiet
    else
        echo "# no function in $region; if it was made with another --region, say that one here, too"
    fi
    if present gcloud storage buckets describe "gs://$bucket" --project="$project"; then
        run gcloud storage rm "gs://$bucket" --recursive --project="$project"
    fi
    if present gcloud iam service-accounts describe "$function_mail" --project="$project"; then
        run gcloud projects remove-iam-policy-binding "$project" --condition=None \
            --member="serviceAccount:$function_mail" --role=roles/eventarc.eventReceiver
    fi
    for mail in "$pi_mail" "$function_mail"; do
        if present gcloud iam service-accounts describe "$mail" --project="$project"; then
            run gcloud iam service-accounts delete "$mail" --project="$project" --quiet
        fi
    done
    # Else the next account of that name would seem to have a key already
    if key_is_here; then run rm "$key_file"; fi
}

enable_services() {
    run gcloud services enable --project="$project" cloudfunctions.googleapis.com cloudbuild.googleapis.com \
        run.googleapis.com eventarc.googleapis.com pubsub.googleapis.com storage.googleapis.com \
        artifactregistry.googleapis.com
}

make_bucket() {
    exists gcloud storage buckets describe "gs://$bucket" --project="$project" ||
        run gcloud storage buckets create "gs://$bucket" --project="$project" --location="$region" \
            --uniform-bucket-level-access --public-access-prevention
    run gcloud storage buckets update "gs://$bucket" --project="$project" \
        --lifecycle-file="$here/lifecycle.json" --clear-soft-delete --no-versioning
}

make_accounts() {
    local name
    for name in "$function_account" "$pi_account"; do make_account "$name"; done
    grant "$function_mail" storage.objectUser recordings/ recordings
    grant "$function_mail" storage.objectCreator predictions/ answers
    grant "$function_mail" storage.objectViewer models/ models
    # Without the right to list, a recording that an earlier delivery deleted is answered 403 instead of 404
    let_list "$function_mail"
    grant "$pi_mail" storage.objectCreator "recordings/$device/" "recordings-of-$device"
    grant "$pi_mail" storage.objectViewer "predictions/$device/" "answers-for-$device"
    # Trigger: storage publishes to Pub/Sub, Eventarc calls the function
    local storage_mail=STORAGE_SERVICE_AGENT
    echo "+ gcloud storage service-agent --project=$project"
    $dry_run || storage_mail=$(gcloud storage service-agent --project="$project")
    run gcloud projects add-iam-policy-binding "$project" --condition=None \
        --member="serviceAccount:$storage_mail" --role=roles/pubsub.publisher
    run gcloud projects add-iam-policy-binding "$project" --condition=None \
        --member="serviceAccount:$function_mail" --role=roles/eventarc.eventReceiver
}

make_key() {
    if key_is_here; then echo "# $key_file is there already"; return; fi
    [ ! -e "$key_file" ] || { echo "$PWD/$key_file is a key for something else: move it away" >&2; exit 1; }
    run gcloud iam service-accounts keys create "$key_file" --iam-account="$pi_mail" --project="$project"
    run chmod 600 "$key_file"
}

deploy_function() {
    staging=$(mktemp -d)
    trap 'rm -rf "$staging"' EXIT
    run "$here/stage.sh" "$staging"
    run gcloud functions deploy score-recording --gen2 --project="$project" --region="$region" --runtime=python311 \
        --source="$staging" --entry-point=score_recording --update-env-vars=BUCKET="$bucket" \
        --trigger-event-filters=type=google.cloud.storage.object.v1.finalized \
        --trigger-event-filters=bucket="$bucket" --trigger-location="$region" \
        --trigger-service-account="$function_mail" --run-service-account="$function_mail" \
        --retry --memory=512Mi --cpu=1 --concurrency=8 --min-instances=0 --max-instances=3 --timeout=60s --quiet
    run gcloud run services add-iam-policy-binding score-recording --project="$project" --region="$region" \
        --member="serviceAccount:$function_mail" --role=roles/run.invoker
}

if $delete; then
    delete_all
    exit
fi
enable_services
make_bucket
make_accounts
make_key
deploy_function
cat << DONE
# Done. Copy $key_file to the Pi as /etc/babycryd/offload-key.json (chmod 600), and into babycryd.yaml:
#   offload: {enabled: true, bucket: $bucket, key_file: /etc/babycryd/offload-key.json}
DONE

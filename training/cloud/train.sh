#!/usr/bin/env bash
# Submits a training to Vertex AI, or a study of 20 trainings: machine, container and budget alert. Safe to run again.
#
#   training/cloud/train.sh PROJECT BUCKET RUN --inputs NAME --version VERSION [options]
#
#   --inputs NAME, --version VERSION   what python -m training.cloud.inputs and .upload wrote into the bucket
#   --steps N             (8000)            --study           20 trials of study.yaml in place of one training
#   --machine TYPE        (n1-standard-4)   --trials N        (20), two at a time
#   --region REGION       (europe-west3)    --on-demand       no spot machine: dearer, and not taken away
#   --billing ACCOUNT     sets an alert by e-mail at half and all of --budget EUR (30) a month for this project
#   --dry-run             prints each command and the job, and runs none
#
# The run's name is its checkpoint: the same command after a failure goes on. An alert limits nothing; to end a job:
# gcloud ai custom-jobs cancel (or hp-tuning-jobs cancel).
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=cloud_offload/gcloud.sh
. "$here/../../cloud_offload/gcloud.sh"

project='' bucket='' name='' inputs='' version='' billing=''
steps=8000 machine=n1-standard-4 region=europe-west3 trials=20 budget=30 strategy=SPOT study=false dry_run=false
while [ $# -gt 0 ]; do
    case $1 in
        --inputs) inputs=${2-}; shift $(($# > 1)) ;;
        --version) version=${2-}; shift $(($# > 1)) ;;
        --steps) steps=${2-}; shift $(($# > 1)) ;;
        --machine) machine=${2-}; shift $(($# > 1)) ;;
        --region) region=${2-}; shift $(($# > 1)) ;;
        --trials) trials=${2-}; shift $(($# > 1)) ;;
        --billing) billing=${2-}; shift $(($# > 1)) ;;
        --budget) budget=${2-}; shift $(($# > 1)) ;;
        --on-demand) strategy=STANDARD ;;
        --study) study=true ;;
        --dry-run) dry_run=true ;;
        -h | --help) usage 0 ;;
        -*) echo "unknown option: $1" >&2; usage 2 ;;
        *)
            if [ -z "$project" ]; then project=$1; elif [ -z "$bucket" ]; then bucket=$1;
            elif [ -z "$name" ]; then name=$1; else echo "one argument too many: $1" >&2; usage 2; fi ;;
    esac
    shift
done
[ -n "$name" ] || usage 2
check_arguments
[[ $name =~ ^[a-z0-9][a-z0-9-]{0,62}$ ]] || wrong "RUN must be up to 63 of a-z, 0-9 and -: $name"
[[ $inputs =~ ^[a-zA-Z0-9._-]{1,64}$ ]] || wrong "--inputs wants the name that python -m training.cloud.inputs was given"
[[ $version =~ ^[0-9a-f]{16}$ ]] || wrong "--version wants the 16 characters that python -m training.cloud.upload printed"
[[ $machine =~ ^[a-z0-9]+-[a-z0-9-]+$ ]] || wrong "--machine wants a type such as n1-standard-4, not: $machine"
[[ $steps =~ ^[1-9][0-9]*$ && $trials =~ ^[1-9][0-9]*$ && $budget =~ ^[1-9][0-9]*$ ]] || wrong "--steps, --trials and --budget want whole numbers"
[[ -z $billing || $billing =~ ^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$ ]] || wrong "--billing wants 012345-6789AB-CDEF01: gcloud billing accounts list"
need_gcloud

account=babycryd-training mail=babycryd-training@$project.iam.gserviceaccount.com
image=$region-docker.pkg.dev/$project/babycryd/training:latest
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Writes the job with the values of this run; what a study sets is no argument of the job.
write_job() {
    sed -e "s|{MACHINE}|$machine|; s|{IMAGE}|$image|; s|{BUCKET}|$bucket|; s|{RUN}|$name|; s|{INPUTS}|$inputs|" \
        -e "s|{VERSION}|$version|; s|{STEPS}|$steps|; s|{STRATEGY}|$strategy|; s|{ACCOUNT}|$mail|" \
        -e 's|{TIMEOUT_S}|43200|' "$here/job.yaml" | grep -v '^#'
}

write_config() {
    if ! $study; then write_job; return; fi
    grep -v '^#' "$here/study.yaml"
    echo trialJobSpec:
    write_job | sed -e 's/^/  /' -e "s|\"--steps=$steps\"|\"--steps=$steps\", \"--study\"|"
}

run gcloud services enable --project="$project" aiplatform.googleapis.com artifactregistry.googleapis.com \
    cloudbuild.googleapis.com
exists gcloud artifacts repositories describe babycryd --project="$project" --location="$region" ||
    run gcloud artifacts repositories create babycryd --project="$project" --location="$region" --repository-format=docker
make_account "$account"
# The job reads recordings and inputs, and writes its run and what it promotes: all below training/
grant "$mail" storage.objectUser training/ training
let_list "$mail"
budget_is_there() {
    ! $dry_run && gcloud billing budgets list --billing-account="$billing" --filter='displayName=babycryd-training' \
        --format='value(name)' | grep -q .
}

if [ -n "$billing" ] && ! budget_is_there; then
    run gcloud billing budgets create --billing-account="$billing" --display-name=babycryd-training \
        --budget-amount="${budget}EUR" --filter-projects="projects/$project" \
        --threshold-rule=percent=0.5 --threshold-rule=percent=1.0
fi
run gcloud builds submit "$here/../.." --project="$project" --region="$region" --config="$here/build.yaml" \
    --ignore-file=training/cloud/Dockerfile.dockerignore --substitutions="_IMAGE=$image"
write_config > "$work/config.yaml"
sed 's/^/#   /' "$work/config.yaml"
if $study; then
    run gcloud ai hp-tuning-jobs create --project="$project" --region="$region" --display-name="babycryd-$name" \
        --max-trial-count="$trials" --parallel-trial-count=2 --config="$work/config.yaml"
else
    run gcloud ai custom-jobs create --project="$project" --region="$region" --display-name="babycryd-$name" \
        --config="$work/config.yaml"
fi
echo "# what comes out: gs://$bucket/training/runs/$name/"

#!/bin/bash
#SBATCH --job-name=scafe-sweep
#SBATCH --array=1-10
#SBATCH --cpus-per-task=2
#SBATCH --mem=4G
#SBATCH --time=04:00:00
#SBATCH --output=sweep-%A_%a.log
# Twenty seeds of one pack as ten tasks. Submit with
#   sbatch --export=ALL,DATA=/shared/derm.csv,SWEEP=/shared/sweeps/derm examples/slurm_array.sh
# SWEEP and DATA lie on a folder that all nodes share. A task that is killed or runs out of time goes on where it
# stopped when it is submitted again; runs that ended are left as they are, and none is begun twice. When all tasks
# have ended, the same command without --part prints the table.
set -eu
: "${DATA:?a manifest or folder that all nodes see}" "${SWEEP:?the folder of the sweep}"
exec scafe sweep --pack dermoscopy.abcd --seeds 1-20 --out "$SWEEP" \
    --part "${SLURM_ARRAY_TASK_ID:-1}/${SLURM_ARRAY_TASK_COUNT:-1}" \
    -- --data "$DATA" --labels mel,nv --workers "${SLURM_CPUS_PER_TASK:-2}" \
    --cache "$SWEEP/values" --max-calls "${MAX_CALLS:-20}"

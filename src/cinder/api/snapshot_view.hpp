// A snapshot as JSON.
#pragma once

#include "cinder/api/common.hpp"
#include "cinder/store/snapshots.hpp"

namespace cinder::api {

enum class SnapshotForm { summary, detail };

// {"snapshot": {...}}
[[nodiscard]] Response answer_snapshot(const ApiRequest& request,
                                       const store::SnapshotRow& snapshot, int status,
                                       SnapshotForm form);

}  // namespace cinder::api

// iSCSI targets by tgt.
#pragma once

#include <memory>

#include "cinder/drivers/target/target.hpp"
#include "cinder/drivers/target/tgt/tgt_daemon.hpp"

namespace cinder::drivers {

// The daemon is started when the first volume is exported.
[[nodiscard]] std::unique_ptr<Target> make_tgt_target(TgtOptions options,
                                                      platform::Runtime runtime);

}  // namespace cinder::drivers

// What an import does with its bytes before the stores get them: in the staging area, under names
// that belong to the operation, so that tidying removes what a dead process leaves.
#pragma once

#include <atomic>
#include <string>

#include "glance/api/image_api.hpp"

namespace glance::api {

struct PreparationJob {
  const ImportWork& work;
  const std::string& operation;
  std::function<void()> still_wanted;  // throws if not
  const std::atomic<bool>& stopping;   // this process ends: Error(unavailable), soon
  const std::string& token;            // of the user; empty: it is not known here
};

struct Prepared {
  Image image;
  std::map<std::string, std::string> properties;  // that it gets
};

// What is to be imported, as the image now is to be: its staged_location and formats. As it came
// if nothing had to be done. Throws; then nothing is left.
[[nodiscard]] Prepared prepare(const ImageApi& api, const PreparationJob& job);

}  // namespace glance::api

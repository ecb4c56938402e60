// Under which name a back end has what a volume or snapshot that is "managing" is to become.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "platform/database/rows.hpp"

namespace cinder::store {

struct ManagedSourceRow {
  static constexpr std::string_view kTable = "managed_sources";
  std::string item_id;  // of the volume or snapshot
  std::string operation_id;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(ManagedSourceRow, (), (item_id, operation_id, name))

// None also if it is of another operation.
[[nodiscard]] std::optional<ManagedSourceRow> find_managed_source(platform::Session& session,
                                                                  const std::string& item_id,
                                                                  const std::string& operation_id);
void delete_managed_source(platform::Session& session, const std::string& item_id);

}  // namespace cinder::store

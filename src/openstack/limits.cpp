#include "openstack/limits.hpp"

namespace openstack {
namespace {

struct QuotaClassRow {
  static constexpr std::string_view kTable = "quota_classes";
  std::string class_name;
  std::string resource;
  int64_t hard_limit = 0;
};
BOOST_DESCRIBE_STRUCT(QuotaClassRow, (), (class_name, resource, hard_limit))

}  // namespace

Limits read_limits(platform::Session& session, std::string_view sql,
                   const platform::SqlValues& values) {
  Limits limits;
  session.query(sql, values, [&](const platform::SqlRow& row) {
    limits[std::string(row.text(0))] = row.integer(1);
  });
  return limits;
}

Limits list_quota_class(platform::Session& session, const std::string& class_name) {
  return read_limits(session, "SELECT resource, hard_limit FROM quota_classes WHERE class_name=?",
                     {class_name});
}

void set_quota_class(platform::Session& session, const std::string& class_name,
                     const std::string& resource, int64_t limit) {
  platform::replace(session, QuotaClassRow{class_name, resource, limit});
}

}  // namespace openstack

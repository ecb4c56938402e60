#include "platform/database/lease.hpp"

#include "platform/database/rows.hpp"

namespace platform {
namespace {

struct LeaseRow {
  static constexpr std::string_view kTable = "leases";
  std::string name;
  std::string holder;
  base::TimePoint expires_at;
};
BOOST_DESCRIBE_STRUCT(LeaseRow, (), (name, holder, expires_at))

}  // namespace

bool hold_lease(Session& session, const std::string& name, const std::string& holder,
                base::TimePoint now, base::Duration duration) {
  const base::TimePoint until = now + duration;
  const int64_t taken = session.change(
      "UPDATE leases SET holder=?, expires_at=? "
      "WHERE name=? AND (holder=? OR expires_at<=? OR expires_at>?)",
      {holder, until, name, holder, now, until + duration});
  if (taken > 0) return true;
  if (number(session, "SELECT COUNT(*) FROM leases WHERE name=?", {name}) > 0) return false;
  return insert_if_absent(session, LeaseRow{name, holder, until});
}

bool another_holds_lease(Session& session, const std::string& name, const std::string& holder,
                         base::TimePoint now, base::Duration duration) {
  return number(session,
                "SELECT COUNT(*) FROM leases "
                "WHERE name=? AND holder<>? AND expires_at>? AND expires_at<=?",
                {name, holder, now, now + 2 * duration}) > 0;
}

void release_lease(Session& session, const std::string& name, const std::string& holder) {
  session.execute("UPDATE leases SET expires_at=0 WHERE name=? AND holder=?", {name, holder});
}

}  // namespace platform

#include <fmt/core.h>

#include "glance/registry/registry.hpp"
#include "platform/database/rows.hpp"

namespace glance::registry {
namespace {

using base::Error;
using base::ErrorKind;
using platform::Session;

struct MemberRow {
  static constexpr std::string_view kTable = "image_members";
  std::string image_id;
  std::string member;
  std::string status;
  base::TimePoint created_at{};
  base::TimePoint updated_at{};
};
BOOST_DESCRIBE_STRUCT(MemberRow, (), (image_id, member, status, created_at, updated_at))

Member to_member(const MemberRow& row) {
  return {row.image_id, row.member, row.status, row.created_at, row.updated_at};
}

[[noreturn]] void member_not_found(const std::string& member) {
  throw Error(ErrorKind::not_found, fmt::format("No member found with ID {}", member));
}

}  // namespace

Member Registry::add_member(const AddMember& request) {
  const base::TimePoint now = runtime_.clock.now();
  const MemberRow row{request.image_id, request.member, "pending", now, now};
  try {
    database_.write("add member", [&](Session& session) {
      platform::insert(session, row);
      require_quota(platform::number(session, "SELECT COUNT(*) FROM image_members WHERE image_id=?",
                                     {request.image_id}),
                    request.quota, "image members for this image");
    });
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::conflict) throw;
    throw Error(ErrorKind::conflict, fmt::format("Member {} is duplicated for image {}",
                                                 request.member, request.image_id));
  }
  return to_member(row);
}

Member Registry::set_member_status(const SetMemberStatus& request) {
  return database_.write("set member status", [&](Session& session) {
    session.execute("UPDATE image_members SET status=?, updated_at=? WHERE image_id=? AND member=?",
                    {request.status, runtime_.clock.now(), request.image_id, request.member});
    const auto row = platform::find<MemberRow>(session, "WHERE image_id=? AND member=?",
                                               {request.image_id, request.member});
    if (!row) member_not_found(request.member);
    return to_member(*row);
  });
}

void Registry::remove_member(const RemoveMember& request) {
  const int64_t removed = database_.write("remove member", [&](Session& session) {
    return session.change("DELETE FROM image_members WHERE image_id=? AND member=?",
                          {request.image_id, request.member});
  });
  if (removed == 0) member_not_found(request.member);
}

MemberList Registry::list_members(const ListMembers& request) {
  return database_.read([&](Session& session) {
    MemberList list;
    for (const MemberRow& row : platform::select<MemberRow>(
             session, "WHERE image_id=? AND (?='' OR member=?) ORDER BY member",
             {request.image_id, request.only_member, request.only_member}))
      list.members.push_back(to_member(row));
    return list;
  });
}

}  // namespace glance::registry

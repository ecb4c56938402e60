// Users, their passwords, and groups: the rules.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "keystone/app/core.hpp"
#include "keystone/store/users.hpp"

namespace keystone::app {

// Applies what a client sent to a row; it may throw.
template <class T>
using Edit = std::function<void(T&)>;

// Fills in id and time. Throws not_found (domain), conflict (name), bad_request (password rules).
[[nodiscard]] store::User create_user(Core& core, store::User user,
                                      const std::optional<std::string>& password);
// An administrator's change: a new password is not compared with former ones. Disabling the user
// or changing the password ends all tokens of the user.
[[nodiscard]] store::User update_user(Core& core, const std::string& id,
                                      const Edit<store::User>& edit,
                                      const std::optional<std::string>& password);
void delete_user(Core& core, const std::string& id);
// The user's own change: needs the present password and obeys history and minimum age.
void change_password(Core& core, const std::string& id, const std::string& original,
                     const std::string& password);

[[nodiscard]] store::Group create_group(Core& core, store::Group group);
[[nodiscard]] store::Group update_group(Core& core, const std::string& id,
                                        const Edit<store::Group>& edit);
void delete_group(Core& core, const std::string& id);
void add_member(Core& core, const std::string& group_id, const std::string& user_id);
// Throws Error(not_found) if the user is not in the group.
void check_member(Core& core, const std::string& group_id, const std::string& user_id);
void remove_member(Core& core, const std::string& group_id, const std::string& user_id);

// What deleting a domain does to each of its users and groups.
void delete_user_rows(Change& change, const std::string& id);
void delete_group_rows(Change& change, const std::string& id);

// "Conflict occurred attempting to store KIND - Duplicate entry found with WHAT."
[[nodiscard]] base::Error conflict(std::string_view kind, const std::string& what);
// Throws Error(forbidden) if the row's option "immutable" is true.
void refuse_if_immutable(const std::string& options, std::string_view kind, const std::string& id);

}  // namespace keystone::app

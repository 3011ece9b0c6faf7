/** Everything we ask of monday, named, so that a request can be told by its first line. */

const BOARD = `id name board_kind
  columns { id title type archived settings }
  groups { id title archived deleted }`;

const VALUES = `id type text
  ... on StatusValue { index label is_done }
  ... on TagsValue { tags { name } }
  ... on DropdownValue { values { label } }`;

const ITEM = `id name state url column_values(ids: $columns) { ${VALUES} }`;

export const ME = 'query Me { me { id name } }';

export const BOARD_BY_ID = `query Board($board: ID!) { boards(ids: [$board]) { ${BOARD} access_level } }`;

/** With what is needed to understand the item: the status columns of its board. */
export const ITEM_BY_ID = `query Item($id: ID!) {
  items(ids: [$id]) {
    id name state url
    board { id columns(types: [status]) { id title type archived settings } }
    column_values(types: [status]) { ${VALUES} }
  }
}`;

export const FIND_ITEMS = `query FindItems($board: ID!, $column: String!, $values: [String]!, $columns: [String!], $limit: Int!) {
  items_page_by_column_values(board_id: $board, columns: [{ column_id: $column, column_values: $values }], limit: $limit) {
    cursor
    items { ${ITEM} }
  }
}`;

export const FILTER_ITEMS = `query FilterItems($board: ID!, $rules: [ItemsQueryRule!], $columns: [String!], $limit: Int!) {
  boards(ids: [$board]) { items_page(limit: $limit, query_params: { rules: $rules }) { cursor items { ${ITEM} } } }
}`;

export const NEXT_ITEMS = `query NextItems($cursor: String!, $columns: [String!], $limit: Int!) {
  next_items_page(cursor: $cursor, limit: $limit) { cursor items { ${ITEM} } }
}`;

/** Tags of public boards belong to the account, those of private and shareable boards to the board. */
export const TAGS = `query Tags($board: ID!) {
  boards(ids: [$board]) { tags { id name } }
  tags { id name }
}`;

export const BOARDS = `query Boards($limit: Int!, $page: Int!) { boards(limit: $limit, page: $page, state: active) { id name type } }`;

export const USERS = `query Users($limit: Int!, $page: Int!) { users(limit: $limit, page: $page, user_kind: { in: [ADMIN, MEMBER] }) { id name } }`;

export const SUBSCRIBERS = 'query Subscribers($board: ID!) { boards(ids: [$board]) { subscribers { id name } } }';

export const UPDATES = `query Updates($item: ID!, $limit: Int!, $page: Int!) {
  me { id }
  items(ids: [$item]) { id state updates(limit: $limit, page: $page) { id body creator_id } }
}`;

export const CREATE_ITEM = `mutation CreateItem($board: ID!, $group: String, $name: String!, $values: JSON, $addLabels: Boolean, $columns: [String!]) {
  create_item(board_id: $board, group_id: $group, item_name: $name, column_values: $values, create_labels_if_missing: $addLabels) { ${ITEM} }
}`;

export const CREATE_COLUMN = `mutation CreateColumn($board: ID!, $id: String!, $title: String!, $description: String!) {
  create_column(board_id: $board, id: $id, title: $title, description: $description, column_type: text) { id title type archived settings }
}`;

export const CREATE_TAG = `mutation CreateTag($name: String!, $board: ID) { create_or_get_tag(tag_name: $name, board_id: $board) { id name } }`;

export const CHANGE_VALUE = `mutation ChangeValue($board: ID!, $item: ID!, $column: String!, $value: JSON!, $columns: [String!]) {
  change_column_value(board_id: $board, item_id: $item, column_id: $column, value: $value) { ${ITEM} }
}`;

export const CREATE_UPDATE = 'mutation CreateUpdate($item: ID!, $body: String!) { create_update(item_id: $item, body: $body) { id } }';

export const EDIT_UPDATE = 'mutation EditUpdate($id: ID!, $body: String!) { edit_update(id: $id, body: $body) { id } }';
